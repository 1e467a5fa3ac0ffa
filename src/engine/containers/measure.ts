import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** What a container has written, as the sum of its files' sizes; what is removed meanwhile counts 0. */
export async function measureContainer(directory: string): Promise<number> {
  const seen = new Set<number>();
  let bytes = 0;
  for await (const path of walk(directory)) {
    const status = await lstat(path).catch(() => undefined);
    // A file with several names is there once.
    if (status === undefined || !status.isFile() || seen.has(status.ino)) continue;
    if (status.nlink > 1) seen.add(status.ino);
    bytes += status.size;
  }
  return bytes;
}

async function* walk(directory: string): AsyncGenerator<string> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}
