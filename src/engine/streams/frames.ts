/** How long the head of a frame is. */
export const FRAME_HEAD_BYTES = 8;
const TYPE = { stdout: 1, stderr: 2, error: 3 } as const;

/** Puts Docker's head before a piece of output: which stream it is of, and how long it is. */
export function encodeFrame(stream: keyof typeof TYPE, payload: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + payload.length);
  writeFrameHead(frame, stream, { offset: 0, sizeBytes: payload.length });
  frame.set(payload, FRAME_HEAD_BYTES);
  return frame;
}

/** Writes the head alone, for a payload that is there already. */
export function writeFrameHead(
  frame: Buffer,
  stream: keyof typeof TYPE,
  { offset, sizeBytes }: { readonly offset: number; readonly sizeBytes: number },
): void {
  frame.writeUInt32BE(TYPE[stream] * 2 ** 24, offset);
  frame.writeUInt32BE(sizeBytes, offset + 4);
}
