import {
  MAX_MESSAGE_BYTES,
  udpLimit,
  writeAnswer,
  writeFailure,
  writeRefusal,
  writeTruncated,
} from "./answer.ts";
import type { ContainerServers, Forwarder, Transport } from "./forwarder.ts";
import { findRecords } from "./local-answer.ts";
import type { NameZone } from "./name-zone.ts";
import { type Query, RCODE, readQuery, TYPE } from "./query.ts";

/** What becomes of a query for a name that the zone does not know. */
export interface ForwardingRules {
  readonly forwarder: Forwarder;
  /** What `--dns` asks for, instead of the host's resolvers; they are asked from the container. */
  readonly servers?: readonly string[] | undefined;
  /** False: the address of a name without a dot is asked of nobody, as where `ndots` is set. */
  readonly forwardsSingleLabels?: boolean;
}

/** For whom to answer, and how. */
export interface ResponderOptions {
  readonly namespaceFd: number;
  readonly zone: NameZone;
  /** Undefined: nothing is asked of others, as in an internal network. */
  readonly forwarding?: ForwardingRules | undefined;
}

/** A message, how it came, and where its answer goes. */
export interface Request {
  readonly bytes: Buffer;
  readonly transport: Transport;
  /** The bytes hold until the function returns. */
  reply(answer: Buffer): void;
}

/** As in Docker. Those beyond are dropped: a client that hears nothing asks again, and more slowly. */
const MAX_IN_FLIGHT = 1024;

/** Answers the queries of one container. */
export class Responder implements Disposable {
  readonly #zone: NameZone;
  readonly #namespaceFd: number;
  readonly #closed = new AbortController();
  #inFlight = 0;

  /** What becomes of other names from here on. */
  forwarding: ForwardingRules | undefined;

  /** The descriptor of the container's network namespace stays the caller's, and open. */
  constructor({ zone, namespaceFd, forwarding }: ResponderOptions) {
    this.#zone = zone;
    this.#namespaceFd = namespaceFd;
    this.forwarding = forwarding;
  }

  /** Replies at once or later, once or not at all, whatever the bytes are. */
  respond(request: Request): void {
    const query = readQuery(request.bytes);
    if (query === undefined) return;
    if (typeof query === "number") {
      request.reply(writeRefusal(request.bytes, query));
      return;
    }
    const records = findRecords(this.#zone, query);
    if (records === undefined) this.#askOthers(query, request);
    else request.reply(writeAnswer(query, records, limitOf(query, request)));
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
  }

  #askOthers(query: Query, request: Request): void {
    const { forwarding } = this;
    if (forwarding === undefined) {
      request.reply(writeFailure(query, RCODE.SERVFAIL));
    } else if (isSingleLabel(query) && forwarding.forwardsSingleLabels === false) {
      request.reply(writeAnswer(query, [], limitOf(query, request)));
    } else if (this.#inFlight < MAX_IN_FLIGHT) {
      void this.#forward({ ...query, bytes: Buffer.from(query.bytes) }, request, forwarding);
    }
  }

  async #forward(query: Query, request: Request, rules: ForwardingRules): Promise<void> {
    const { signal } = this.#closed;
    const { transport } = request;
    this.#inFlight += 1;
    const servers = this.#containerServers(rules);
    const answer = await rules.forwarder.forward({ query, transport, servers, signal });
    this.#inFlight -= 1;
    if (signal.aborted) return;
    if (answer === undefined) request.reply(writeFailure(query, RCODE.SERVFAIL));
    else if (answer.length <= limitOf(query, request)) request.reply(answer);
    else request.reply(writeTruncated(query, answer));
  }

  #containerServers({ servers }: ForwardingRules): ContainerServers | undefined {
    const namespaceFd = this.#namespaceFd;
    return servers === undefined ? undefined : { addresses: servers, namespaceFd };
  }
}

function limitOf(query: Query, { transport }: Request): number {
  return transport === "tcp" ? MAX_MESSAGE_BYTES : udpLimit(query);
}

/** Docker holds back the addresses of such names only. */
function isSingleLabel({ name, type }: Query): boolean {
  return (type === TYPE.A || type === TYPE.AAAA) && !name.includes(".");
}
