import { EngineError } from "../../base/errors.ts";
import type { RestartPolicy } from "../../engine/model.ts";
import type { Fields } from "./fields.ts";

const NAMES: readonly RestartPolicy["name"][] = ["no", "always", "on-failure", "unless-stopped"];

/** Docker's RestartPolicy; undefined where none is named. */
export function decodeRestartPolicy(policy: Fields | undefined): RestartPolicy | undefined {
  const text = policy?.text("Name") ?? "";
  const maxRetries = policy?.integer("MaximumRetryCount") ?? 0;
  // Clients from before 25.0 say so when nothing is asked, with whatever count.
  if (text === "") return undefined;
  const name = NAMES.find((known) => known === text);
  if (name === undefined) {
    throw invalid(
      `unknown policy '${text}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  checkRetries(name, maxRetries);
  return { name, maxRetries };
}

function checkRetries(name: RestartPolicy["name"], maxRetries: number): void {
  if (name === "on-failure") {
    if (maxRetries < 0) throw invalid("maximum retry count cannot be negative");
  } else if (maxRetries !== 0) {
    const negative = maxRetries < 0 ? " and cannot be negative" : "";
    throw invalid(`maximum retry count can only be used with 'on-failure'${negative}`);
  }
}

/** Docker's RestartPolicy of a container. */
export function toRestartPolicy({ name, maxRetries }: RestartPolicy): object {
  return { Name: name, MaximumRetryCount: maxRetries };
}

function invalid(problem: string): EngineError {
  return new EngineError("invalid", `invalid restart policy: ${problem}`);
}
