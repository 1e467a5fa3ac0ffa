import { closeSync } from "node:fs";
import { listAt } from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { FILE_TYPE, findStatAt, isType } from "../linux/statx.ts";
import { hasCode } from "./disk-error.ts";

const SLICE_MS = 5;

/** The sum of the sizes of all files below a directory; what has several names counts once. */
export async function measureTree(directory: string): Promise<number> {
  const root = openDirectory(directory);
  try {
    return await measureFrom(root);
  } finally {
    closeSync(root);
  }
}

async function measureFrom(root: number): Promise<number> {
  const counted = new Set<bigint>();
  const waiting = ["."];
  let total = 0;
  let sliceEndsAt = performance.now() + SLICE_MS;
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const { sizeBytes, directories } = measureOne(root, path, counted);
    total += sizeBytes;
    for (const name of directories) waiting.push(`${path}/${name}`);
    if (performance.now() < sliceEndsAt) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    sliceEndsAt = performance.now() + SLICE_MS;
  }
  return total;
}

/** One directory. A running container may change it meanwhile, so names may be gone. */
function measureOne(root: number, path: string, counted: Set<bigint>) {
  const fd = openWhatIsThere(root, path);
  const directories: string[] = [];
  let sizeBytes = 0;
  if (fd === undefined) return { sizeBytes, directories };
  try {
    for (const name of listAt(fd)) {
      const status = findStatAt(fd, name);
      if (status === undefined) continue;
      if (isType(status, FILE_TYPE.DIRECTORY)) directories.push(name);
      if (!isType(status, FILE_TYPE.FILE) || counted.has(status.inode)) continue;
      if (status.links > 1) counted.add(status.inode);
      sizeBytes += status.size;
    }
  } finally {
    closeSync(fd);
  }
  return { sizeBytes, directories };
}

/** Also what is too deep for a path is left out: it is no image's or user's, but a trap. */
function openWhatIsThere(root: number, path: string): number | undefined {
  try {
    return openBeneath(root, Buffer.from(`${path}\0`, "latin1"), {
      flags: OPEN.RDONLY | OPEN.DIRECTORY | OPEN.NOFOLLOW,
      resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
    });
  } catch (cause) {
    if (hasCode(cause, ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"])) return undefined;
    throw cause;
  }
}
