import { HttpFailure } from "./failure.ts";

/** What a frame is. RFC 6455, 5.2 */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Puts a server's head before a payload: whole messages, and not masked. */
export function encodeWebSocketFrame(opcode: number, payload: Uint8Array): Buffer {
  const FINAL = 0x80;
  const { length } = payload;
  const size = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(size + length);
  frame[0] = FINAL | opcode;
  frame[1] = size === 2 ? length : size === 4 ? 126 : 127;
  if (size === 4) frame.writeUInt16BE(length, 2);
  if (size === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, size);
  return frame;
}

/** A part of a message as it came, or a whole control frame. */
export interface WebSocketPiece {
  readonly opcode: number;
  readonly payload: Buffer;
}

interface Head {
  readonly opcode: number;
  readonly mask: Buffer;
  readonly headBytes: number;
  readonly payloadBytes: number;
}

const MAX_CONTROL_BYTES = 125;

/** Reads a client's frames as their bytes come in; a large message is handed on in parts. */
export class WebSocketDecoder {
  #pending: Buffer = Buffer.alloc(0);
  #head: Head | undefined;
  #taken = 0;

  push(bytes: Uint8Array): readonly WebSocketPiece[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const pieces: WebSocketPiece[] = [];
    for (let piece = this.#next(); piece !== undefined; piece = this.#next()) pieces.push(piece);
    return pieces;
  }

  #next(): WebSocketPiece | undefined {
    if (this.#head === undefined) {
      this.#head = parseHead(this.#pending);
      if (this.#head === undefined) return undefined;
      this.#pending = this.#pending.subarray(this.#head.headBytes);
      this.#taken = 0;
    }
    const { opcode, mask, payloadBytes } = this.#head;
    const left = payloadBytes - this.#taken;
    if (isControl(opcode) && this.#pending.length < left) return undefined;
    if (left > 0 && this.#pending.length === 0) return undefined;
    const payload = Buffer.from(this.#pending.subarray(0, left));
    this.#pending = this.#pending.subarray(payload.length);
    unmask(payload, mask, this.#taken);
    this.#taken += payload.length;
    if (this.#taken === payloadBytes) this.#head = undefined;
    return { opcode, payload };
  }
}

function parseHead(bytes: Buffer): Head | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const opcode = first & 0x0f;
  const short = second & 0x7f;
  const sizeBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
  const headBytes = 2 + sizeBytes + 4;
  // "A server MUST close the connection upon receiving a frame that is not masked." 5.1
  if ((second & 0x80) === 0) throw new HttpFailure(400, "a frame is not masked");
  if ((first & 0x70) !== 0)
    throw new HttpFailure(400, "an extension is used that was not agreed on");
  if (isControl(opcode) && short > MAX_CONTROL_BYTES) {
    throw new HttpFailure(400, "a control frame is too long");
  }
  if (bytes.length < headBytes) return undefined;
  const payloadBytes =
    sizeBytes === 0
      ? short
      : sizeBytes === 2
        ? bytes.readUInt16BE(2)
        : Number(bytes.readBigUInt64BE(2));
  return { opcode, mask: bytes.subarray(headBytes - 4, headBytes), headBytes, payloadBytes };
}

function isControl(opcode: number): boolean {
  return opcode >= OPCODE.close;
}

function unmask(payload: Buffer, mask: Buffer, offset: number): void {
  for (let at = 0; at < payload.length; at++) {
    payload[at] = (payload[at] ?? 0) ^ (mask[(offset + at) & 3] ?? 0);
  }
}
