import { randomInt } from "node:crypto";
import type { Upstream } from "./exchange.ts";
import type { HostResolvers } from "./host-resolvers.ts";
import { FLAG, HEAD_BYTES, type Query, RCODE, readQuestion } from "./query.ts";
import { exchangeOverTcp } from "./tcp-exchange.ts";
import { exchangeOverUdp } from "./udp-exchange.ts";

/** What a query came by; it goes on by the same, so that a truncated answer is asked for over TCP. */
export type Transport = "udp" | "tcp";

/** Servers of a container's own, which are asked from its network. */
export interface ContainerServers {
  readonly addresses: readonly string[];
  readonly namespaceFd: number;
}

/** A query on its way. */
export interface Forwarding {
  readonly query: Query;
  readonly transport: Transport;
  /** Whom to ask instead of the host's resolvers. */
  readonly servers?: ContainerServers | undefined;
  /** Nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

const DNS_PORT = 53;
/** As many as resolv.conf(5) takes, and Docker. */
const MAX_SERVERS = 3;
/** A client with glibc asks again after five seconds: by then a second server has had its turn. */
const TIMEOUT_MS = 2000;
const IDS = 0x10000;

const EXCHANGE = { udp: exchangeOverUdp, tcp: exchangeOverTcp } as const;

/** The next server may know better. */
const FAILED: ReadonlySet<number> = new Set([RCODE.SERVFAIL, RCODE.REFUSED]);

/** Asks other servers; one for all containers of a daemon. Each query has a socket of its own. */
export class Forwarder {
  readonly #hostResolvers: HostResolvers;
  readonly #timeoutMs: number;
  readonly #port: number;

  constructor(options: {
    readonly hostResolvers: HostResolvers;
    /** For each server. */
    readonly timeoutMs?: number;
    readonly port?: number;
  }) {
    this.#hostResolvers = options.hostResolvers;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#port = options.port ?? DNS_PORT;
  }

  /** The first answer that is none of failure, with the query's own id; undefined where none came. */
  async forward(forwarding: Forwarding): Promise<Buffer | undefined> {
    for (const upstream of this.#upstreams(forwarding)) {
      const answer = await this.#ask(upstream, forwarding);
      if (forwarding.signal.aborted) return undefined;
      if (answer !== undefined && !hasFailed(answer)) {
        forwarding.query.bytes.copy(answer, 0, 0, 2);
        return answer;
      }
    }
    return undefined;
  }

  #upstreams({ servers }: Forwarding): readonly Upstream[] {
    const addresses = servers?.addresses ?? this.#hostResolvers.list();
    const namespaceFd = servers?.namespaceFd;
    const port = this.#port;
    return addresses.slice(0, MAX_SERVERS).map((address) => ({ address, port, namespaceFd }));
  }

  #ask(upstream: Upstream, { query, transport, signal }: Forwarding): Promise<Buffer | undefined> {
    const message = Buffer.from(query.bytes);
    message.writeUInt16BE(randomInt(IDS), 0);
    return EXCHANGE[transport]({
      upstream,
      message,
      isAnswer: (bytes) => isAnswer(bytes, { message, query }),
      timeoutMs: this.#timeoutMs,
      signal,
    });
  }
}

function hasFailed(answer: Buffer): boolean {
  return FAILED.has(rcodeOf(answer));
}

function rcodeOf(answer: Buffer): number {
  return answer.readUInt16BE(2) & FLAG.RCODE;
}

/** Id and question are what a forger has to guess. A server that fails may leave the question out. */
function isAnswer(
  bytes: Buffer,
  asked: { readonly message: Buffer; readonly query: Query },
): boolean {
  if (bytes.length < HEAD_BYTES || bytes.readUInt16BE(0) !== asked.message.readUInt16BE(0))
    return false;
  const flags = bytes.readUInt16BE(2);
  if ((flags & FLAG.RESPONSE) === 0 || (flags & FLAG.OPCODE) !== 0) return false;
  const question = readQuestion(bytes);
  if (question === undefined)
    return bytes.readUInt16BE(4) === 0 && rcodeOf(bytes) !== RCODE.NOERROR;
  const { name, type, recordClass } = asked.query;
  return question.name === name && question.type === type && question.recordClass === recordClass;
}
