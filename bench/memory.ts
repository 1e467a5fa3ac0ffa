import { readFile } from "node:fs/promises";

/** What a daemon and the programs that it started and needs hold, of memory that may be shared. */
export async function residentMegabytes(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const pids = [String(pid), ...children.split(" ").filter((child) => child !== "")];
  const sizes = await Promise.all(pids.map((each) => readField(`/proc/${each}/status`, "VmRSS")));
  return sizes.reduce((sum, kilobytes) => sum + kilobytes, 0) / 1024;
}

/** A number from a file of lines such as `VmRSS:   1234 kB`. */
export async function readField(path: string, field: string): Promise<number> {
  const value = new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(await readFile(path, "utf8"))?.[1];
  if (value === undefined) throw new Error(`${path} has no ${field}`);
  return Number(value);
}
