import { EngineError } from "../base/errors.ts";

/** One request to the kernel that wants an acknowledgement, and in words what it is for. */
export interface NetlinkRequest {
  readonly what: string;
  /** A whole message, head included, with NLM_F_ACK. */
  readonly message: Uint8Array;
}

/** A message as the kernel sent it. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export interface Attribute {
  /** Without the flags for nesting and byte order. */
  readonly type: number;
  readonly payload: Uint8Array;
}

/** Flags of a message's head. netlink(7). */
export const NLM_F = {
  REQUEST: 0x1,
  MULTI: 0x2,
  ACK: 0x4,
  DUMP_INTR: 0x10,
  CAPPED: 0x100,
  ACK_TLVS: 0x200,
  DUMP: 0x300,
  EXCL: 0x200,
  CREATE: 0x400,
  APPEND: 0x800,
} as const;

/** The size of a message's head: length, type, flags, sequence, port. */
export const HEAD_BYTES = 16;

/** The machine's byte order, which rtnetlink's numbers have: x64 and arm64 agree. */
export const LITTLE = true;

const ATTRIBUTE_HEAD_BYTES = 4;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

/** What a message is made of; `header` is the fixed part that its family wants before the attributes. */
export interface MessageParts {
  readonly type: number;
  readonly flags: number;
  readonly header?: Uint8Array;
  readonly attributes?: readonly Uint8Array[];
}

/** Builds a message with sequence number 0; whoever sends it may set another. */
export function encodeMessage({ type, flags, header, attributes = [] }: MessageParts): Uint8Array {
  const body = Buffer.concat([align(header ?? new Uint8Array(0)), ...attributes]);
  const head = Buffer.alloc(HEAD_BYTES);
  const view = viewOf(head);
  view.setUint32(0, HEAD_BYTES + body.length, LITTLE);
  view.setUint16(4, type, LITTLE);
  view.setUint16(6, flags | NLM_F.REQUEST, LITTLE);
  return Buffer.concat([head, body]);
}

/** An attribute, padded to the next one's place. */
export function attribute(type: number, payload: Uint8Array): Uint8Array {
  const lengthBytes = ATTRIBUTE_HEAD_BYTES + payload.length;
  if (lengthBytes > 0xffff) {
    throw new EngineError("invalid", `Cannot encode netlink attribute ${type}: over 64 KiB`);
  }
  const bytes = Buffer.alloc(alignedLength(lengthBytes));
  const view = viewOf(bytes);
  view.setUint16(0, lengthBytes, LITTLE);
  view.setUint16(2, type, LITTLE);
  bytes.set(payload, ATTRIBUTE_HEAD_BYTES);
  return bytes;
}

/** An attribute that holds attributes. */
export function nested(type: number, ...children: readonly Uint8Array[]): Uint8Array {
  return attribute(type | NESTED, Buffer.concat(children));
}

/** An attribute with a NUL-ended text. */
export function textAttribute(type: number, text: string): Uint8Array {
  if (text.includes("\0")) {
    throw new EngineError(
      "invalid",
      `Cannot encode ${JSON.stringify(text)} for netlink: has a NUL`,
    );
  }
  return attribute(type, Buffer.from(`${text}\0`));
}

/** An attribute with a 32-bit number in the machine's byte order, as rtnetlink has it. */
export function u32Attribute(type: number, value: number): Uint8Array {
  const payload = new Uint8Array(4);
  viewOf(payload).setUint32(0, value, LITTLE);
  return attribute(type, payload);
}

/** An attribute with a 32-bit number in network byte order, as nfnetlink has it. */
export function be32Attribute(type: number, value: number): Uint8Array {
  const payload = new Uint8Array(4);
  viewOf(payload).setInt32(0, value | 0, false);
  return attribute(type, payload);
}

/** Numbers the message that starts at the start of these bytes. */
export function encodeSequence(bytes: Uint8Array, sequence: number): void {
  fixed(bytes, HEAD_BYTES).setUint32(8, sequence, LITTLE);
}

/** Splits what one receive gave; anything that does not add up is refused. */
export function decodeMessages(bytes: Uint8Array): readonly NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const lengthBytes = checkedLength(bytes, { offset, headBytes: HEAD_BYTES });
    const view = viewOf(bytes, offset);
    messages.push({
      type: view.getUint16(4, LITTLE),
      flags: view.getUint16(6, LITTLE),
      sequence: view.getUint32(8, LITTLE),
      payload: bytes.subarray(offset + HEAD_BYTES, offset + lengthBytes),
    });
    offset += alignedLength(lengthBytes);
  }
  return messages;
}

/** Splits a run of attributes; anything that does not add up is refused. */
export function decodeAttributes(bytes: Uint8Array): readonly Attribute[] {
  const attributes: Attribute[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const lengthBytes = checkedLength(bytes, { offset, headBytes: ATTRIBUTE_HEAD_BYTES });
    attributes.push({
      type: viewOf(bytes, offset).getUint16(2, LITTLE) & TYPE_MASK,
      payload: bytes.subarray(offset + ATTRIBUTE_HEAD_BYTES, offset + lengthBytes),
    });
    offset += alignedLength(lengthBytes);
  }
  return attributes;
}

/** The first attribute of a type, or undefined. */
export function findAttribute(
  attributes: readonly Attribute[],
  type: number,
): Uint8Array | undefined {
  return attributes.find((candidate) => candidate.type === type)?.payload;
}

/** A text as attributes carry it, with or without its NUL. */
export function decodeText(payload: Uint8Array): string {
  const end = payload.indexOf(0);
  return Buffer.from(end < 0 ? payload : payload.subarray(0, end)).toString();
}

/** A 32-bit number in the machine's byte order. */
export function decodeU32(payload: Uint8Array): number {
  return fixed(payload, 4).getUint32(0, LITTLE);
}

/** A signed 32-bit number in the machine's byte order, such as an errno. */
export function decodeI32(payload: Uint8Array): number {
  return fixed(payload, 4).getInt32(0, LITTLE);
}

/** A 32-bit number in network byte order. */
export function decodeBe32(payload: Uint8Array): number {
  return fixed(payload, 4).getUint32(0, false);
}

/** A view of a fixed structure at the start of a payload, which must be at least that long. */
export function fixed(payload: Uint8Array, sizeBytes: number): DataView {
  if (payload.length < sizeBytes) throw truncated(payload.length, sizeBytes);
  return viewOf(payload);
}

/** The part of a payload after a fixed structure. */
export function after(payload: Uint8Array, sizeBytes: number): Uint8Array {
  if (payload.length < sizeBytes) throw truncated(payload.length, sizeBytes);
  return payload.subarray(alignedLength(sizeBytes));
}

function checkedLength(
  bytes: Uint8Array,
  { offset, headBytes }: { offset: number; headBytes: number },
): number {
  const left = bytes.length - offset;
  if (left < headBytes) throw truncated(left, headBytes);
  const view = viewOf(bytes, offset);
  // A message has a 32-bit length, an attribute a 16-bit one; both stand first.
  const lengthBytes =
    headBytes === HEAD_BYTES ? view.getUint32(0, LITTLE) : view.getUint16(0, LITTLE);
  if (lengthBytes < headBytes || lengthBytes > left) throw truncated(left, lengthBytes);
  return lengthBytes;
}

function truncated(have: number, want: number): EngineError {
  return new EngineError(
    "internal",
    `Cannot decode netlink message: has ${have} bytes where it says ${want}`,
  );
}

function align(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(alignedLength(bytes.length));
  padded.set(bytes);
  return padded;
}

function alignedLength(lengthBytes: number): number {
  return (lengthBytes + 3) & ~3;
}

function viewOf(bytes: Uint8Array, offset = 0): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.byteLength - offset);
}
