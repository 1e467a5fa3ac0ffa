import { NETLINK, NetlinkSocket } from "./netlink.ts";
import {
  after,
  decodeAttributes,
  decodeBe32,
  decodeText,
  findAttribute,
  fixed,
  type NetlinkMessage,
  type NetlinkRequest,
} from "./netlink-message.ts";
import {
  type Chain,
  dumpRules,
  encodeBatch,
  getChain,
  getGeneration,
  getTable,
  NFTA_RULE,
  type Table,
} from "./nftables-message.ts";

/** The size of `struct nfgenmsg`. */
const HEADER_BYTES = 4;
const GENERATION_ID = 1;

/** A rule as the kernel lists it. */
export interface ListedRule {
  readonly chain: string;
  readonly handle: bigint;
  /** Empty where it has none. */
  readonly comment: string;
}

/** The firewall of the network namespace that its maker was in. nft(8) says what it can do. */
export class NftablesSocket implements Disposable {
  readonly #socket = new NetlinkSocket(NETLINK.NETFILTER);

  /** Does all requests, or none of them and throws what was wrong. */
  apply(...requests: readonly NetlinkRequest[]): void {
    this.#socket.send(encodeBatch(requests));
  }

  hasTable(table: Table): boolean {
    return this.#socket.find(getTable(table)) !== undefined;
  }

  hasChain(chain: Chain): boolean {
    return this.#socket.find(getChain(chain)) !== undefined;
  }

  /**
   * The number of the last change that anybody made to the rule set. Each batch counts it up by one,
   * so it says cheaply whether there is anything to look at.
   */
  generation(): number {
    const message = this.#socket.find(getGeneration());
    if (message === undefined) return 0;
    const attributes = decodeAttributes(after(message.payload, HEADER_BYTES));
    return decodeBe32(findAttribute(attributes, GENERATION_ID) ?? new Uint8Array(4));
  }

  /** Whether all of these questions of getElement() find something. */
  hasElements(...requests: readonly NetlinkRequest[]): boolean {
    return this.#socket.trySend(requests).every((refusal) => refusal === undefined);
  }

  /** In their order; none where there is no such table. */
  listRules(table: Table): readonly ListedRule[] {
    return this.#socket.dump(dumpRules(table)).map(decodeRule);
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

function decodeRule({ payload }: NetlinkMessage): ListedRule {
  const attributes = decodeAttributes(after(payload, HEADER_BYTES));
  const bytes = (type: number) => findAttribute(attributes, type) ?? new Uint8Array(0);
  return {
    chain: decodeText(bytes(NFTA_RULE.CHAIN)),
    handle: fixed(bytes(NFTA_RULE.HANDLE), 8).getBigUint64(0),
    // Type and length stand before the text.
    comment: decodeText(bytes(NFTA_RULE.USERDATA).subarray(2)),
  };
}
