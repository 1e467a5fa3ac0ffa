import { CommandError } from "./command.ts";
import type { Io } from "./io.ts";
import { resolvePath } from "./paths.ts";

/** The bytes of a file, or of standard input for `-`. */
export async function openArchive(
  path: string,
  io: Io,
): Promise<ReadableStream<Uint8Array> | Blob> {
  if (path === "-") return io.stdin.stream();
  const file = Bun.file(resolvePath(path, io));
  if (await file.exists()) return file;
  throw new CommandError(`open ${path}: no such file or directory`);
}
