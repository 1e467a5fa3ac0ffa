import { readdir, readFile } from "node:fs/promises";

/** What a daemon and the programs that it started and needs hold, of memory that may be shared. */
export async function residentMegabytes(pid: number): Promise<number> {
  // A helper may end while it is looked at.
  const sizes = await Promise.all(
    (await withChildren(pid)).map((each) =>
      readField(`/proc/${each}/status`, "VmRSS").catch(() => 0),
    ),
  );
  return sizes.reduce((sum, kilobytes) => sum + kilobytes, 0) / 1024;
}

/** What these programs hold that would be free without them. */
export async function privateMegabytes(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(
    pids.flatMap((pid) =>
      ["Private_Clean", "Private_Dirty"].map((field) =>
        readField(`/proc/${pid}/smaps_rollup`, field),
      ),
    ),
  );
  return sizes.reduce((sum, kilobytes) => sum + kilobytes, 0) / 1024;
}

/** A daemon and the programs that it started itself. */
export async function withChildren(pid: number): Promise<readonly number[]> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const children = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => "")),
  );
  return [
    pid,
    ...children
      .join(" ")
      .split(" ")
      .filter((child) => child !== "")
      .map(Number),
  ];
}

const SAMPLE_MS = 20;

/** The most that they hold while something is done, with what that comes to. */
export async function watchPeakMegabytes<Value>(
  pid: number,
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly peak: number }> {
  let peak = await residentMegabytes(pid);
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      peak = Math.max(peak, await residentMegabytes(pid));
      await Bun.sleep(SAMPLE_MS);
    }
  })();
  const value = await work();
  isOver = true;
  await watching;
  return { value, peak };
}

/** A number from a file of lines such as `VmRSS:   1234 kB`. */
export async function readField(path: string, field: string): Promise<number> {
  const value = new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(await readFile(path, "utf8"))?.[1];
  if (value === undefined) throw new Error(`${path} has no ${field}`);
  return Number(value);
}
