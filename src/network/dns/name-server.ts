import { OPEN } from "../../linux/beneath.ts";
import { openFile } from "../../linux/fd.ts";
import { withinNetworkNamespace } from "../../linux/network-namespace.ts";
import { NftablesSocket } from "../../linux/nftables.ts";
import { deleteTable, newTable } from "../../linux/nftables-message.ts";
import { RouteSocket } from "../../linux/rtnetlink.ts";
import { setLinkUp } from "../../linux/rtnetlink-link.ts";
import { SysError } from "../../linux/syscall.ts";
import { FairUdpSocket } from "./fair-udp-socket.ts";
import {
  NAME_SERVER_ADDRESS,
  NAME_SERVER_TABLE,
  planNameServerRules,
  type ServerPorts,
} from "./name-server-rules.ts";
import { type ForwardingRules, Responder, type ResponderOptions } from "./responder.ts";
import { TcpService } from "./tcp-service.ts";

/**
 * What answers at 127.0.0.11 in a container: sockets in its network namespace that the daemon reads,
 * and rules there that lead port 53 to them. It goes on without the rules' maker: a daemon that
 * starts again opens it anew in the same namespace.
 */
export class NameServer implements Disposable {
  readonly #responder: Responder;
  readonly #resources: DisposableStack;

  private constructor(responder: Responder, resources: DisposableStack) {
    this.#responder = responder;
    this.#resources = resources;
  }

  /** Opens it, or leaves no socket open. The descriptor stays the caller's, who may close it. */
  static open({ namespaceFd, zone, forwarding }: ResponderOptions): NameServer {
    using undo = new DisposableStack();
    const namespace = undo.use(openFile(`/proc/self/fd/${namespaceFd}`, OPEN.RDONLY));
    const own = namespace.number;
    const responder = undo.use(new Responder({ namespaceFd: own, zone, forwarding }));
    withinNetworkNamespace(own, () => openSockets(responder, undo));
    return new NameServer(responder, undo.move());
  }

  /** What becomes of other names from here on; a container may join and leave networks. */
  setForwarding(forwarding: ForwardingRules | undefined): void {
    this.#responder.forwarding = forwarding;
  }

  /** Closes the sockets. The rules go with the namespace, or when a server opens there again. */
  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}

function openSockets(responder: Responder, undo: DisposableStack): void {
  bringLoopbackUp();
  const udp: FairUdpSocket = undo.use(
    new FairUdpSocket(NAME_SERVER_ADDRESS, (bytes, port, address) =>
      responder.respond({
        bytes,
        transport: "udp",
        reply: (answer) => udp.send(answer, port, address),
      }),
    ),
  );
  const tcp = undo.use(new TcpService(NAME_SERVER_ADDRESS, responder));
  applyRules({ udp: udp.port, tcp: tcp.port });
}

/** Without it there is no 127.0.0.11 to bind to. The container's init does the same, later. */
function bringLoopbackUp(): void {
  using routes = new RouteSocket();
  routes.send(setLinkUp({ name: "lo" }));
}

function applyRules(ports: ServerPorts): void {
  using firewall = new NftablesSocket();
  const rules = planNameServerRules(ports);
  try {
    firewall.apply(...rules);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    // A container that may has made something else of our table. Not done at once: to take a table
    // away costs the kernel ten milliseconds.
    firewall.apply(newTable(NAME_SERVER_TABLE), deleteTable(NAME_SERVER_TABLE), ...rules);
  }
}
