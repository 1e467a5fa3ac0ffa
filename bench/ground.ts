import { startServer } from "./traffic-ground.ts";

/** Namespaces that outlive the programs in them. */
export interface Ground extends AsyncDisposable {
  /** The command before a program that is to run there. */
  readonly enter: readonly string[];
}

/**
 * A network namespace, so that an engine's bridge and rules are real and yet not the host's, and a mount
 * namespace. Measured: this makes no difference to how fast a container starts.
 */
export async function makeGround(): Promise<Ground> {
  const script =
    "mount --make-rprivate / && ip link set lo up && echo ready && exec sleep infinity";
  const keeper = await startServer(["unshare", "--net", "--mount", "sh", "-c", script], "ready");
  return {
    enter: ["nsenter", `--target=${keeper.pid}`, "--net", "--mount"],
    [Symbol.asyncDispose]: () => keeper[Symbol.asyncDispose](),
  };
}
