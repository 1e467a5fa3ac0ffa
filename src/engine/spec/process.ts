import type { Process } from "../../oci/runtime-spec.ts";
import type { HostFacts } from "../host-facts.ts";
import type { HostOptions } from "../model.ts";
import { capabilitySets, chooseCapabilities } from "./capabilities.ts";
import type { UserNamespace } from "./namespaces.ts";
import type { ResolvedUser } from "./user.ts";

/** A program to run in a container: its first one, or one more. */
export interface ProgramInputs {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly tty: boolean;
  readonly consoleSize?: { readonly rows: number; readonly columns: number };
  readonly user: ResolvedUser;
  readonly capabilities: readonly string[];
}

/** The spec's form of a program. */
export function planProcess(host: HostOptions, program: ProgramInputs): Process {
  const { user, consoleSize } = program;
  const { home: _home, ...ids } = user;
  return {
    args: program.args,
    env: program.env,
    cwd: program.cwd,
    user: ids,
    capabilities: capabilitySets(program.capabilities, user.uid),
    ...(program.tty ? { terminal: true } : {}),
    ...(program.tty && consoleSize !== undefined
      ? { consoleSize: { height: consoleSize.rows, width: consoleSize.columns } }
      : {}),
    ...(host.ulimits.length > 0 ? { rlimits: host.ulimits } : {}),
    ...(host.security.noNewPrivileges ? { noNewPrivileges: true } : {}),
    ...(host.oomScoreAdj === 0 ? {} : { oomScoreAdj: host.oomScoreAdj }),
  };
}

/** What a container's capabilities follow from. */
export interface CapabilityInputs {
  readonly host: HostOptions;
  readonly userNamespace: UserNamespace;
  readonly facts: HostFacts;
}

/**
 * The capabilities of a container. A user namespace has all there are; over the host's own, nobody
 * can be given what the daemon does not have.
 */
export function grantedCapabilities({
  host,
  userNamespace,
  facts,
}: CapabilityInputs): readonly string[] {
  const chosen = chooseCapabilities({
    add: host.capAdd,
    drop: host.capDrop,
    privileged: host.privileged,
  });
  if (userNamespace !== "host") return chosen;
  const held = new Set(facts.capabilities);
  return chosen.filter((name) => held.has(name));
}
