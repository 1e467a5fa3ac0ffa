import { existsSync, mkdirSync } from "node:fs";
import { EngineError } from "../../base/errors.ts";
import type { Runtime } from "../runtime.ts";
import type { ContainerRecord } from "./record.ts";

/** Makes what binds want made, and refuses those that could not travel as they are to. */
export function prepareBinds(
  { runtime }: { readonly runtime: Pick<Runtime, "mountOf"> },
  { mounts }: ContainerRecord,
): void {
  for (const mount of mounts) {
    if (mount.kind !== "bind") continue;
    // `-v` makes a directory where there is nothing yet.
    if (mount.createSource && !existsSync(mount.source)) {
      mkdirSync(mount.source, { recursive: true, mode: 0o755 });
    }
    // What is missing is told when it is mounted.
    if (existsSync(mount.source)) checkPropagation(runtime, mount.source, mount.propagation);
  }
}

/** Docker's rules and texts: mounts only come and go where the host's mount lets them. */
function checkPropagation(
  runtime: Pick<Runtime, "mountOf">,
  source: string,
  propagation: string,
): void {
  const kind = propagation.replace(/^r/, "");
  if (kind !== "shared" && kind !== "slave") return;
  const { path, isShared, isSlave } = runtime.mountOf(source);
  if (isShared || (kind === "slave" && isSlave)) return;
  const wanted = kind === "shared" ? "shared" : "shared or slave";
  const message = `path ${source} is mounted on ${path} but it is not a ${wanted} mount`;
  throw new EngineError("invalid", message);
}
