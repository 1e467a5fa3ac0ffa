const HEAD_BYTES = 8;
const TYPE = { stdout: 1, stderr: 2, error: 3 } as const;

/** Puts Docker's head before a piece of output: which stream it is of, and how long it is. */
export function encodeFrame(stream: keyof typeof TYPE, payload: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame.writeUInt32BE(TYPE[stream] * 2 ** 24, 0);
  frame.writeUInt32BE(payload.length, 4);
  frame.set(payload, HEAD_BYTES);
  return frame;
}
