import { write } from "node:fs";
import { promisify } from "node:util";
import {
  after,
  decodeAttributes,
  decodeI32,
  decodeMessages,
  decodeText,
  decodeU32,
  encodeSequence,
  findAttribute,
  HEAD_BYTES,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F,
} from "./netlink-message.ts";
import { SysError, syscall, trySyscall } from "./syscall.ts";

/** Families of netlink(7) that this project speaks. */
export const NETLINK = { ROUTE: 0, NETFILTER: 12 } as const;

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOL_NETLINK = 270;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSGERR_ATTR_MSG = 1;

const EINTR = 4;
const EAGAIN = 11;
const EMSGSIZE = 90;

/** The kernel's dumps use at most 32 KiB for one receive. */
const RECEIVE_BYTES = 64 * 1024;
const DUMP_TRIES = 5;

/** One for all sockets, as what is received is copied before anything else can be. */
const RECEIVED = Buffer.alloc(RECEIVE_BYTES);

/** A batch is one datagram, and may hold thousands of elements. Only what is sent takes room. */
const SEND_BYTES = 16 * 1024 * 1024;

/** How the kernel says that what was asked for is not there. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENODEV"]);

/** What came back for requests that were numbered from `first`. */
interface Exchange {
  readonly first: number;
  readonly answers: readonly NetlinkMessage[];
}

const writeAside = promisify(write);

/**
 * A netlink socket of the network namespace that its maker was in. All calls are synchronous: the
 * kernel does the work within the send, and the answers wait in the socket when it returns.
 */
export class NetlinkSocket implements Disposable {
  #fd: number;
  readonly #name: string;
  #sequence = 0;

  constructor(protocol: (typeof NETLINK)[keyof typeof NETLINK]) {
    this.#name = protocol === NETLINK.ROUTE ? "rtnetlink" : "nfnetlink";
    this.#fd = syscall("socket", {
      subject: this.#name,
      args: [AF_NETLINK, SOCK_RAW_CLOEXEC, protocol],
    });
    // CAP_ACK: a refusal does not carry the whole request back. EXT_ACK: it says why, in words.
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) {
      syscall("setsockopt", {
        subject: this.#name,
        args: [this.#fd, SOL_NETLINK, option, new Int32Array([1]), 4],
      });
    }
    const size = Int32Array.of(SEND_BYTES);
    // Without the right to it, the usual 200 KiB hold all but the largest batches.
    trySyscall("setsockopt", this.#fd, SOL_SOCKET, SO_SNDBUFFORCE, size, 4);
  }

  /**
   * Sends all requests in one datagram and throws the first refusal. rtnetlink carries out those
   * after a refused one too; an nfnetlink batch is all or nothing.
   */
  send(requests: readonly NetlinkRequest[]): void {
    const refused = this.trySend(requests).find((error) => error !== undefined);
    if (refused !== undefined) throw refused;
  }

  /** As send(), with a place for each request: its refusal, or undefined where it was done. */
  trySend(requests: readonly NetlinkRequest[]): readonly (SysError | undefined)[] {
    return this.#resultsOf(requests, this.#exchange(requests));
  }

  #resultsOf(
    requests: readonly NetlinkRequest[],
    { first, answers }: Exchange,
  ): readonly (SysError | undefined)[] {
    const results = new Map<number, SysError | undefined>();
    for (const answer of answers) {
      const index = answer.sequence - first;
      const request = requests[index];
      if (request === undefined || answer.type !== NLMSG_ERROR) continue;
      // A batch's commit can refuse what was accepted on its own: the refusal counts.
      results.set(index, this.#refusal(answer, request) ?? results.get(index));
    }
    const refused = [...results.values()].some((error) => error !== undefined);
    return requests.map((request, index) => {
      const unanswered = wantsAnswer(request) && !results.has(index) && !refused;
      return unanswered ? new SysError(this.#name, request.what, EAGAIN) : results.get(index);
    });
  }

  /**
   * As trySend(), but the kernel does the work in a thread of its own, so that the caller's goes on.
   * The socket must not be used meanwhile.
   */
  async trySendAside(
    requests: readonly NetlinkRequest[],
  ): Promise<readonly (SysError | undefined)[]> {
    const { first, datagram, subject } = this.#number(requests);
    // To a socket that is connected to nobody, write(2) sends to the kernel.
    await writeAside(this.#fd, datagram);
    return this.#resultsOf(requests, { first, answers: this.#receiveAll(subject) });
  }

  /** Asks for one object; undefined where the kernel says that there is none. */
  find(request: NetlinkRequest): NetlinkMessage | undefined {
    const { answers } = this.#exchange([request]);
    const end = answers.find(({ type }) => type === NLMSG_ERROR);
    const refusal = end === undefined ? undefined : this.#refusal(end, request);
    if (refusal !== undefined && !ABSENT.has(refusal.code)) throw refusal;
    return answers.find(({ type }) => type !== NLMSG_ERROR);
  }

  /** Lists objects; asks anew when the list changed while the kernel wrote it. */
  dump(request: NetlinkRequest): readonly NetlinkMessage[] {
    for (let tries = 1; tries <= DUMP_TRIES; tries++) {
      const { answers } = this.#exchange([request]);
      const end = answers.find(({ type }) => type === NLMSG_ERROR || type === NLMSG_DONE);
      if (end === undefined) throw new SysError(this.#name, request.what, EAGAIN);
      const refusal = this.#refusal(end, request);
      if (refusal !== undefined) throw refusal;
      const torn = answers.some(({ flags }) => (flags & NLM_F.DUMP_INTR) !== 0);
      if (!torn) return answers.filter((answer) => answer !== end);
    }
    throw new SysError(this.#name, request.what, EINTR);
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    syscall("close", { subject: this.#name, args: [this.#fd] });
    // Another file may get the number: a later use must fail with EBADF.
    this.#fd = -1;
  }

  /** Sends the requests as one datagram, and takes all that the kernel answers. */
  #exchange(requests: readonly NetlinkRequest[]): Exchange {
    const { first, datagram, subject } = this.#number(requests);
    syscall("sendto", { subject, args: [this.#fd, datagram, datagram.length, 0, 0, 0] });

    const answers = this.#receiveAll(subject);
    // An exchange that an error ended early may have left answers to its own requests.
    return { first, answers: answers.filter(({ sequence }) => sequence >= first) };
  }

  /** Makes one datagram of the requests, in which each has a number of its own. */
  #number(requests: readonly NetlinkRequest[]) {
    const first = this.#sequence + 1;
    const datagram = Buffer.concat(requests.map(({ message }) => message));
    let offset = 0;
    for (const { message } of requests) {
      this.#sequence += 1;
      encodeSequence(datagram.subarray(offset), this.#sequence);
      offset += message.length;
    }
    const subject = requests.map(({ what }) => what).join(", ");
    return { first, datagram, subject };
  }

  /** The kernel goes on with a dump in each receive, so an empty socket means that it is done. */
  #receiveAll(subject: string): readonly NetlinkMessage[] {
    const answers: NetlinkMessage[] = [];
    for (;;) {
      const flags = MSG_DONTWAIT | MSG_TRUNC;
      const got = trySyscall("recvfrom", this.#fd, RECEIVED, RECEIVE_BYTES, flags, 0, 0);
      if (got === -EAGAIN) return answers;
      if (got === -EINTR) continue;
      if (got < 0) throw new SysError(this.#name, subject, -got);
      if (got > RECEIVE_BYTES) throw new SysError(this.#name, subject, EMSGSIZE);
      answers.push(...decodeMessages(Buffer.from(RECEIVED.subarray(0, got))));
    }
  }

  /** What an acknowledgement or an end of dump says went wrong. */
  #refusal({ payload, flags }: NetlinkMessage, { what }: NetlinkRequest): SysError | undefined {
    const error = payload.length === 0 ? 0 : decodeI32(payload);
    if (error === 0) return undefined;
    const words = (flags & NLM_F.ACK_TLVS) === 0 ? undefined : explanation(payload, flags);
    return new SysError(this.#name, words === undefined ? what : `${what} (${words})`, -error);
  }
}

/** The kernel's own words, after the errno and what is left of the request. */
function explanation(payload: Uint8Array, flags: number): string | undefined {
  const rest = after(payload, 4);
  const requestBytes = (flags & NLM_F.CAPPED) === 0 ? decodeU32(rest) : HEAD_BYTES;
  const text = findAttribute(decodeAttributes(after(rest, requestBytes)), NLMSGERR_ATTR_MSG);
  return text === undefined ? undefined : decodeText(text);
}

function wantsAnswer({ message }: NetlinkRequest): boolean {
  return decodeMessages(message).some(({ flags }) => (flags & NLM_F.ACK) !== 0);
}
