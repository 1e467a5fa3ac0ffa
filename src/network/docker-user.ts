import type { NetlinkRequest } from "../linux/netlink-message.ts";
import type { NftablesSocket } from "../linux/nftables.ts";
import { compare, count, decide, type Expression, loadMeta } from "../linux/nftables-expression.ts";
import { type Chain, deleteRule, insertRule } from "../linux/nftables-message.ts";

const CHAINS: readonly Chain[] = (["ip", "ip6"] as const).map((family) => ({
  table: { family, name: "filter" },
  name: "DOCKER-USER",
}));
const DIRECTIONS = ["iifname", "oifname"] as const;

/**
 * Where dockerd stands beside us. It lets no packet be passed on but its own (the policy of `FORWARD`), and
 * has a chain for those who want others to pass. What our own table drops is dropped all the same, as is
 * what anything before that chain drops. Docker's manual, "Packet filtering and firewalls".
 */
export class DockerUserChain {
  readonly #socket: NftablesSocket;
  readonly #mark: string;

  /** The name is that of the daemon's default bridge: others of our kind have rules there, too. */
  constructor(socket: NftablesSocket, name: string) {
    this.#socket = socket;
    this.#mark = `sampan ${name}: `;
  }

  /** Lets these bridges pass, and no other that was ours, wherever the chain is there. Idempotent. */
  ensure(bridges: readonly string[]): void {
    for (const chain of CHAINS) this.#ensureIn(chain, bridges);
  }

  #ensureIn(chain: Chain, bridges: readonly string[]): void {
    if (!this.#socket.hasChain(chain)) return;
    const present = this.#socket
      .listRules(chain.table)
      .filter((rule) => rule.chain === chain.name && rule.comment.startsWith(this.#mark));
    const wanted = bridges.flatMap((bridge) =>
      DIRECTIONS.map((direction) => ({
        comment: `${this.#mark}${bridge} ${direction}`,
        bridge,
        direction,
      })),
    );
    const missing = wanted.filter(
      ({ comment }) => !present.some((rule) => rule.comment === comment),
    );
    const stale = present.filter(({ comment }) => !wanted.some((rule) => rule.comment === comment));
    const requests: readonly NetlinkRequest[] = [
      ...missing.map(({ comment, bridge, direction }) =>
        insertRule({ chain, comment, expressions: passes(direction, bridge) }),
      ),
      ...stale.map(({ handle }) => deleteRule(chain, handle)),
    ];
    if (requests.length > 0) this.#socket.apply(...requests);
  }
}

/** In the very form that iptables gives it, which else takes the whole table for somebody else's. */
function passes(direction: (typeof DIRECTIONS)[number], bridge: string): readonly Expression[] {
  const name = Buffer.from(`${bridge}\0`);
  return [loadMeta(direction), compare("equal", name), count(), decide({ kind: "accept" })];
}
