import type { Duplex } from "node:stream";

/** What a program wrote: by stream, and as the bytes came. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
}

const HEAD_BYTES = 8;

/** Reads an attached stream to its end; what comes from a terminal is all stdout. */
export async function collect(stream: Duplex, { raw }: { raw: boolean }): Promise<Output> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  const bytes = Buffer.concat(parts);
  if (raw) return { stdout: bytes.toString(), stderr: "", bytes };
  const frames = splitFrames(bytes);
  const textOf = (wanted: number) =>
    Buffer.concat(frames.flatMap(({ kind, body }) => (kind === wanted ? [body] : []))).toString();
  return { stdout: textOf(1), stderr: textOf(2), bytes };
}

/** Docker's frames: the stream's number, three zeros, the length, and then the bytes. */
export function splitFrames(bytes: Buffer): readonly { kind: number; body: Buffer }[] {
  const frames: { kind: number; body: Buffer }[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const end = at + HEAD_BYTES + bytes.readUInt32BE(at + 4);
    if (end > bytes.byteLength) throw new RangeError("the last frame is cut off");
    frames.push({ kind: bytes[at] ?? 0, body: bytes.subarray(at + HEAD_BYTES, end) });
    at = end;
  }
  return frames;
}
