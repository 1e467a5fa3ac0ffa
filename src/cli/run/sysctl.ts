import { splitAtFirst } from "../flags/parse-flags.ts";

const NAMESPACED = [
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
];
const NAMESPACED_PREFIXES = ["net.", "fs.mqueue."];

/** Lets a setting pass that is a container's own: the others are the whole host's. */
export function checkSysctl(written: string): string {
  const [name, value] = splitAtFirst(written, "=");
  const own =
    NAMESPACED.includes(name) || NAMESPACED_PREFIXES.some((prefix) => name.startsWith(prefix));
  if (value !== undefined && own) return written;
  throw new Error(`sysctl '${written}' is not allowed`);
}
