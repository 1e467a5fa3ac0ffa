import { writeFileSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import { openNamespace } from "../linux/namespace.ts";
import type { NetlinkRequest } from "../linux/netlink-message.ts";
import { withinNetworkNamespace } from "../linux/network-namespace.ts";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { deleteLink } from "../linux/rtnetlink-link.ts";
import { SysError } from "../linux/syscall.ts";

/** How soon a link that is being deleted is looked for again. */
const LOOK_MS = 1;

/** What is asked of rtnetlink in a container's network namespace. */
export type NamespaceSetup = readonly NetlinkRequest[];

/** A setting of a link, below /proc/sys, with `IFNAME` in the place of the link's name. */
export interface LinkSysctl {
  readonly path: string;
  readonly value: string;
}

/** A container's network namespace; the descriptor that it was made with stays its owner's. */
export class ContainerSandbox implements Disposable {
  readonly namespaceFd: number;
  readonly #owned: Disposable | undefined;

  constructor(namespaceFd: number, owned?: Disposable) {
    this.namespaceFd = namespaceFd;
    this.#owned = owned;
  }

  /** The namespace of a container's first process, which may have ended unnoticed yet. */
  static open(pid: number): ContainerSandbox {
    const found = ContainerSandbox.find(pid);
    if (found !== undefined) return found;
    throw new EngineError("conflict", "The container is not running any more");
  }

  /** Undefined: the process has ended. */
  static find(pid: number): ContainerSandbox | undefined {
    try {
      const namespace = openNamespace(pid, "network");
      return new ContainerSandbox(namespace.number, namespace);
    } catch (cause) {
      if (cause instanceof SysError && cause.code === "ENOENT") return undefined;
      throw cause;
    }
  }

  [Symbol.dispose](): void {
    this.#owned?.[Symbol.dispose]();
  }

  /** Asks rtnetlink in there; the first refusal is thrown. */
  send(requests: NamespaceSetup): void {
    using routes = this.#openRoutes();
    routes.send(...requests);
  }

  /** Takes routes away, as far as they are there, and adds others. */
  reroute(change: { readonly before: NamespaceSetup; readonly after: NamespaceSetup }): void {
    using routes = this.#openRoutes();
    for (const request of change.before) routes.trySend(request);
    for (const request of change.after) {
      const refusal = routes.trySend(request);
      if (refusal !== undefined && refusal.code !== "EEXIST") throw refusal;
    }
  }

  /**
   * Is done when the container does not see the link any more, which is soon. The kernel goes on with it
   * for 10 to 20 ms, in which it waits for other processors. No error where it is gone.
   */
  async removeLink(index: number): Promise<void> {
    using routes = this.#openRoutes();
    const removal = deleteAside(this.#openRoutes(), index);
    do {
      const isOver = await Promise.race([removal, Bun.sleep(LOOK_MS)]);
      if (isOver === true) return;
    } while (routes.findLink({ index }) !== undefined);
  }

  hasLink(index: number): boolean {
    using routes = this.#openRoutes();
    return routes.findLink({ index }) !== undefined;
  }

  setSysctls(interfaceName: string, sysctls: readonly LinkSysctl[]): void {
    if (sysctls.length === 0) return;
    // /proc/sys/net is that of the network namespace of whoever opens a file there.
    withinNetworkNamespace(this.namespaceFd, () => {
      for (const { path, value } of sysctls)
        setSysctl(path.replace("IFNAME", interfaceName), value);
    });
  }

  #openRoutes(): RouteSocket {
    return withinNetworkNamespace(this.namespaceFd, () => new RouteSocket());
  }
}

async function deleteAside(routes: RouteSocket, index: number): Promise<true> {
  using _routes = routes;
  await routes.trySendAside(deleteLink({ index }));
  return true;
}

function setSysctl(path: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/${path}`, value);
  } catch (cause) {
    const name = path.replaceAll("/", ".");
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Cannot set the sysctl ${name} to ${JSON.stringify(value)}: ${reason}`;
    throw new EngineError("invalid", message, { cause });
  }
}
