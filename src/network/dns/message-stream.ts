import { MAX_MESSAGE_BYTES } from "./answer.ts";

const LENGTH_BYTES = 2;

/** Messages out of a TCP stream, in which each has its length before it. RFC 1035, 4.2.2. */
export class MessageStream {
  #rest: Buffer = Buffer.alloc(0);

  /** Takes what came and gives the messages that are whole. They are copies of their own. */
  push(bytes: Uint8Array): readonly Buffer[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const messages: Buffer[] = [];
    let at = 0;
    while (at + LENGTH_BYTES <= all.length) {
      const end = at + LENGTH_BYTES + all.readUInt16BE(at);
      if (end > all.length) break;
      messages.push(all.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    this.#rest = all.subarray(at);
    return messages;
  }
}

/** A message as it stands in a TCP stream, copied. */
export function frameMessage(message: Uint8Array): Buffer {
  if (message.length > MAX_MESSAGE_BYTES) throw new RangeError("A DNS message is over 64 KiB");
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, LENGTH_BYTES);
  return frame;
}
