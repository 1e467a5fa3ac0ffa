import {
  CLASS_INTERNET,
  FLAG,
  HEAD_BYTES,
  PLAIN_UDP_BYTES,
  type Query,
  RCODE,
  TYPE,
} from "./query.ts";

// Writes answers. The question goes back as the bytes that came, upper and lower case as they were.

/** A record of the name that was asked for. */
export interface AnswerRecord {
  readonly type: number;
  readonly data: Uint8Array;
}

/** The longest message: its length has two bytes over TCP. */
export const MAX_MESSAGE_BYTES = 0xffff;

const TTL_SECONDS = 600;
const RECORD_HEAD_BYTES = 12;
const OPT_BYTES = 11;
const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
/** "The name at offset 12", which is the question's. RFC 1035, 4.1.4. */
const POINTER_TO_QUESTION = 0xc000 | HEAD_BYTES;
/** What we take over UDP, as DNS Flag Day 2020 has it. */
const OWN_UDP_BYTES = 1232;
const DNSSEC_OK = 0x8000;
const REPEATED_FLAGS = FLAG.OPCODE | FLAG.RECURSION_DESIRED | FLAG.CHECKING_DISABLED;

// One for all: answers are sent, or copied, before the next one is written.
const scratch = Buffer.alloc(MAX_MESSAGE_BYTES);

/** How many bytes of an answer the client takes over UDP. RFC 6891, 6.2.3. */
export function udpLimit({ edns }: Query): number {
  return Math.max(PLAIN_UDP_BYTES, edns?.udpBytes ?? 0);
}

/** An answer with as many of the records as fit. The bytes hold until the next answer is written. */
export function writeAnswer(
  query: Query,
  records: readonly AnswerRecord[],
  limitBytes: number,
): Buffer {
  const optBytes = query.edns === undefined ? 0 : OPT_BYTES;
  let count = 0;
  let end = query.questionEnd;
  for (const { type, data } of records) {
    const next = end + RECORD_HEAD_BYTES + data.length;
    if (next + optBytes > limitBytes) break;
    writeRecord(end, type, data);
    end = next;
    count += 1;
  }
  const truncated = count < records.length ? FLAG.TRUNCATED : 0;
  query.bytes.copy(scratch, HEAD_BYTES, HEAD_BYTES, query.questionEnd);
  writeHead(query.bytes, truncated | RCODE.NOERROR);
  scratch.writeUInt16BE(1, 4);
  scratch.writeUInt16BE(count, 6);
  return scratch.subarray(0, writeEdns(query, end));
}

/** An answer that says only why there is none. */
export function writeFailure(query: Query, rcode: number): Buffer {
  writeAnswer(query, [], MAX_MESSAGE_BYTES);
  writeHead(query.bytes, rcode);
  return scratch.subarray(0, writeEdns(query, query.questionEnd));
}

/** A refusal of a message whose head alone is to be trusted. */
export function writeRefusal(bytes: Buffer, rcode: number): Buffer {
  scratch.fill(0, 0, HEAD_BYTES);
  writeHead(bytes, rcode);
  return scratch.subarray(0, HEAD_BYTES);
}

/** What is left of another server's answer that is too large for the client, which then asks over TCP. */
export function writeTruncated(query: Query, answer: Buffer): Buffer {
  writeAnswer(query, [], MAX_MESSAGE_BYTES);
  scratch.writeUInt16BE(answer.readUInt16BE(2) | FLAG.TRUNCATED, 2);
  return scratch.subarray(0, writeEdns(query, query.questionEnd));
}

/** The bytes of a name, or undefined where DNS has no form for it. */
export function encodeName(name: string): Uint8Array | undefined {
  const labels = name.split(".").map((label) => Buffer.from(label, "latin1"));
  if (labels.some(({ length }) => length === 0 || length > MAX_LABEL_BYTES)) return undefined;
  const parts = labels.flatMap((label) => [Uint8Array.of(label.length), label]);
  const bytes = Buffer.concat([...parts, Uint8Array.of(0)]);
  return bytes.length > MAX_NAME_BYTES ? undefined : bytes;
}

/** The id and the flags; counts are left as they are. */
function writeHead(query: Buffer, flags: number): void {
  query.copy(scratch, 0, 0, 2);
  const repeated = query.readUInt16BE(2) & REPEATED_FLAGS;
  scratch.writeUInt16BE(FLAG.RESPONSE | FLAG.RECURSION_AVAILABLE | repeated | flags, 2);
}

function writeRecord(at: number, type: number, data: Uint8Array): void {
  scratch.writeUInt16BE(POINTER_TO_QUESTION, at);
  scratch.writeUInt16BE(type, at + 2);
  scratch.writeUInt16BE(CLASS_INTERNET, at + 4);
  scratch.writeUInt32BE(TTL_SECONDS, at + 6);
  scratch.writeUInt16BE(data.length, at + 10);
  scratch.set(data, at + RECORD_HEAD_BYTES);
}

/** Whoever sends EDNS gets it back. RFC 6891, 6.1.1. Returns where the message ends. */
function writeEdns({ edns }: Query, end: number): number {
  scratch.writeUInt32BE(edns === undefined ? 0 : 1, 8);
  if (edns === undefined) return end;
  scratch.fill(0, end, end + OPT_BYTES);
  scratch.writeUInt16BE(TYPE.OPT, end + 1);
  scratch.writeUInt16BE(OWN_UDP_BYTES, end + 3);
  scratch.writeUInt16BE(edns.isDnssecOk ? DNSSEC_OK : 0, end + 7);
  return end + OPT_BYTES;
}
