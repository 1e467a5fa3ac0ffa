import { Duplex } from "node:stream";
import { FRAME_HEAD_BYTES } from "./frames.ts";

/** A client that is sent output without the heads of frames, as they come in pieces of any size. */
export function withoutFrameHeads(client: Duplex): Duplex {
  let head = Buffer.alloc(0);
  let left = 0;
  const payloadsOf = (bytes: Buffer): Buffer => {
    const payloads: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (left === 0) {
        const part = bytes.subarray(at, at + FRAME_HEAD_BYTES - head.length);
        head = Buffer.concat([head, part]);
        at += part.length;
        if (head.length < FRAME_HEAD_BYTES) break;
        left = head.readUInt32BE(4);
        head = Buffer.alloc(0);
      }
      const payload = bytes.subarray(at, at + left);
      payloads.push(payload);
      left -= payload.length;
      at += payload.length;
    }
    return Buffer.concat(payloads);
  };
  const stripped = new Duplex({
    read: () => void client.resume(),
    write: (bytes: Buffer, _encoding, done) => {
      const payload = payloadsOf(bytes);
      if (payload.length === 0) done();
      else client.write(payload, done);
    },
    final: (done) => void client.end(() => done()),
    destroy: (error, done) => {
      client.destroy();
      done(error);
    },
  });
  client.on("data", (bytes: Uint8Array) => {
    if (!stripped.push(bytes)) client.pause();
  });
  client.on("end", () => stripped.push(null));
  client.on("close", () => stripped.destroy());
  client.on("error", () => stripped.destroy());
  return stripped;
}
