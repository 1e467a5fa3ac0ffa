import { EngineError } from "../../base/errors.ts";

/** Which namespaces a container has for itself: only settings of those are its own to change. */
export interface OwnNamespaces {
  readonly network: boolean;
  readonly ipc: boolean;
}

const IPC_SETTINGS: ReadonlySet<string> = new Set([
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
]);

/** Refuses settings that would change the host's or another container's kernel. */
export function checkSysctls(settings: Readonly<Record<string, string>>, own: OwnNamespaces): void {
  for (const name of Object.keys(settings)) {
    // Both notations, as sysctl(8) takes them; the kernel's path must not climb either.
    if (!/^[a-zA-Z0-9_-]+([./][a-zA-Z0-9_*:@-]+)+$/.test(name)) {
      throw new EngineError("invalid", `sysctl "${name}" is not a name`);
    }
    const where = namespaceOf(name.replaceAll("/", "."));
    if (where === undefined) {
      throw new EngineError(
        "invalid",
        `sysctl "${name}" is not in a separate kernel namespace: it would change the host`,
      );
    }
    if (!own[where]) {
      const message = `sysctl "${name}" not allowed: the container has no ${where} namespace of its own`;
      throw new EngineError("invalid", message);
    }
  }
}

function namespaceOf(name: string): keyof OwnNamespaces | undefined {
  if (name.startsWith("net.")) return "network";
  return IPC_SETTINGS.has(name) || name.startsWith("fs.mqueue.") ? "ipc" : undefined;
}

/**
 * What Docker sets in a network namespace of a container's own: ping and ports below 1024 for
 * every user. A group that has no id in there cannot be named, so the range ends with the ids.
 */
export function defaultSysctls(idCount: number): Readonly<Record<string, string>> {
  const lastGroup = Math.min(idCount - 1, 2_147_483_647);
  return {
    "net.ipv4.ip_unprivileged_port_start": "0",
    "net.ipv4.ping_group_range": `0 ${lastGroup}`,
  };
}
