// Reads queries: the head, the one question, and EDNS of what follows. RFC 1035, 4.1; RFC 6891.
//
// All else is passed on as the bytes that came. A library would decode and encode every record, and
// is led astray by some: see docs/decisions/015-dns-messages-pass-as-bytes.md.

/** The size of a message's head. */
export const HEAD_BYTES = 12;

/** Bits of the flags in a message's head. */
export const FLAG = {
  RESPONSE: 0x8000,
  OPCODE: 0x7800,
  TRUNCATED: 0x0200,
  RECURSION_DESIRED: 0x0100,
  RECURSION_AVAILABLE: 0x0080,
  CHECKING_DISABLED: 0x0010,
  RCODE: 0x000f,
} as const;

/** Codes of what became of a query. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NOTIMP: 4,
  REFUSED: 5,
} as const;

/** Types of records. */
export const TYPE = { A: 1, PTR: 12, AAAA: 28, OPT: 41 } as const;

/** The class of everything on the Internet. */
export const CLASS_INTERNET = 1;

/** What a client without EDNS takes over UDP. RFC 1035, 4.2.1. */
export const PLAIN_UDP_BYTES = 512;

const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
const DNSSEC_OK = 0x8000;
const POINTER = 0xc0;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** One question, as far as it must be understood to be answered or passed on. */
export interface Query {
  /** The whole message. */
  readonly bytes: Buffer;
  readonly flags: number;
  /** In lower case and without the last dot; a dot within a label is a backslash here. */
  readonly name: string;
  readonly type: number;
  readonly recordClass: number;
  /** Where in the message the question ends. */
  readonly questionEnd: number;
  /** What the client says about itself, if it knows EDNS. */
  readonly edns: { readonly udpBytes: number; readonly isDnssecOk: boolean } | undefined;
}

/** A query, or the code to refuse it with, or undefined for what must not be answered at all. */
export function readQuery(bytes: Buffer): Query | number | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const flags = bytes.readUInt16BE(2);
  // Two servers that answer each other's answers would never stop.
  if ((flags & FLAG.RESPONSE) !== 0) return undefined;
  if ((flags & FLAG.OPCODE) !== 0) return RCODE.NOTIMP;

  const question = readQuestion(bytes);
  if (question === undefined) return RCODE.FORMERR;
  const edns = findEdns(bytes, question.questionEnd);
  return edns === null ? RCODE.FORMERR : { bytes, flags, ...question, edns };
}

/** The question of a message that has exactly one. */
export function readQuestion(
  bytes: Buffer,
): Pick<Query, "name" | "type" | "recordClass" | "questionEnd"> | undefined {
  if (bytes.length < HEAD_BYTES || bytes.readUInt16BE(4) !== 1) return undefined;
  // There is nothing before this name that it could point to.
  const nameEnd = skipName(bytes, HEAD_BYTES, { mayPoint: false });
  const questionEnd = nameEnd + 4;
  if (nameEnd < 0 || questionEnd > bytes.length) return undefined;
  return {
    name: readName(bytes, nameEnd),
    type: bytes.readUInt16BE(nameEnd),
    recordClass: bytes.readUInt16BE(nameEnd + 2),
    questionEnd,
  };
}

const scratch = Buffer.alloc(MAX_NAME_BYTES);

/** The text of the name that begins after the head; its form has been checked. */
function readName(bytes: Buffer, nameEnd: number): string {
  let length = 0;
  let labelEnd = HEAD_BYTES;
  for (let at = HEAD_BYTES; at < nameEnd - 1; at++) {
    const byte = bytes[at] ?? 0;
    if (at === labelEnd) {
      labelEnd = at + 1 + byte;
      if (length > 0) scratch[length++] = DOT;
    } else {
      scratch[length++] = textByte(byte);
    }
  }
  return scratch.toString("latin1", 0, length);
}

function textByte(byte: number): number {
  if (byte >= 0x41 && byte <= 0x5a) return byte | 0x20;
  return byte === DOT ? BACKSLASH : byte;
}

/** Where the name ends that begins here; negative where it breaks a rule. A pointer ends it. */
function skipName(bytes: Buffer, start: number, { mayPoint }: { mayPoint: boolean }): number {
  for (let at = start; at < bytes.length && at - start < MAX_NAME_BYTES; ) {
    const length = bytes[at] ?? 0;
    if (length === 0) return at + 1;
    if (length >= POINTER) return mayPoint ? at + 2 : -1;
    if (length > MAX_LABEL_BYTES) return -1;
    at += 1 + length;
  }
  return -1;
}

/** The EDNS record of a query; null where the rest of it breaks a rule. */
function findEdns(bytes: Buffer, questionEnd: number): Query["edns"] | null {
  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  let edns: Query["edns"];
  let at = questionEnd;
  for (let record = 0; record < records; record++) {
    const fixed = skipName(bytes, at, { mayPoint: true });
    if (fixed < 0 || fixed + 10 > bytes.length) return null;
    if (bytes.readUInt16BE(fixed) === TYPE.OPT) {
      const isDnssecOk = (bytes.readUInt16BE(fixed + 6) & DNSSEC_OK) !== 0;
      edns = { udpBytes: bytes.readUInt16BE(fixed + 2), isDnssecOk };
    }
    at = fixed + 10 + bytes.readUInt16BE(fixed + 8);
  }
  return at > bytes.length ? null : edns;
}
