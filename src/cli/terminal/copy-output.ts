import type { ChunkSink } from "../../client/api-transport.ts";
import { FrameDecoder } from "../../client/frames.ts";
import type { Io } from "../io.ts";

/** Where a container's output goes, chunk by chunk, at the pace of who reads it. */
export interface OutputCopier {
  readonly take: ChunkSink;
  /** Throws if the output was cut off. */
  end(): void;
}

/** Copies raw bytes, as a terminal sends them. */
export function copyRaw({ stdout }: Io): OutputCopier {
  return {
    take(chunk) {
      stdout.write(chunk);
      return stdout.flush();
    },
    end: () => undefined,
  };
}

/** Copies frames to the stream that each is of. */
export function copyFrames({ stdout, stderr }: Io): OutputCopier {
  let last: "stdout" | "stderr" | undefined;
  const waits: Promise<void>[] = [];
  const decoder = new FrameDecoder((stream, piece) => {
    // Both may be the same terminal: what was written first must be seen first.
    if (last !== undefined && last !== stream) flush();
    last = stream;
    (stream === "stdout" ? stdout : stderr).write(piece);
  });
  const flush = () => {
    const flushed = (last === "stderr" ? stderr : stdout).flush();
    if (flushed !== undefined) waits.push(flushed);
    last = undefined;
  };
  return {
    take(chunk) {
      decoder.push(chunk);
      flush();
      if (waits.length === 0) return undefined;
      return Promise.all(waits.splice(0)).then(() => undefined);
    },
    end: () => decoder.end(),
  };
}
