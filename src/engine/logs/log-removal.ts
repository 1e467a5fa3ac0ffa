import { rename, rm, writeFile } from "node:fs/promises";
import { listLogFiles } from "./log-files.ts";

/**
 * Removes what a log has beside its newest file. The last one of them stays, empty: by its number the
 * next ones are counted, and who reads the log knows what comes after.
 */
export async function removeFullLogFiles(path: string): Promise<void> {
  const full = listLogFiles(path).filter(({ name }) => name !== path);
  const last = full.at(-1);
  if (last !== undefined) await writeFile(`${path}.${last.number}`, "", { mode: 0o640 });
  for (const { name, number } of full) {
    const plain = `${path}.${number}`;
    if (name !== plain || number !== last?.number) await rm(name, { force: true });
    await rm(`${plain}.index`, { force: true });
  }
}

/** What the monitor does when a file is full, for a log that has none. */
export async function rotateLogFiles(path: string): Promise<void> {
  const newest = listLogFiles(path).at(-1);
  if (newest?.name !== path) return;
  await rename(path, `${path}.${newest.number}`);
  await rm(`${path}.index`, { force: true });
}
