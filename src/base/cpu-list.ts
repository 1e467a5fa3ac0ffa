import { readFileSync } from "node:fs";

/**
 * How many processors this process may run on, as nproc(1) and Go have it: whatever share of their time
 * its cgroup has, which os.availableParallelism() goes by under Bun. proc_pid_status(5)
 */
export function countCpus(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return parseCpuList(/^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? "0").length;
}

/** The numbers in a list such as `0-2,7`. cpuset(7) */
export function parseCpuList(text: string): readonly number[] {
  return text.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
