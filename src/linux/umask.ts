import { syscall } from "./syscall.ts";

const CLONE_FS = 0x200;

let kept: number | undefined;

/**
 * Gives this thread a umask that no other thread changes. Threads that the VM starts from it have the
 * same one, so it must be one that suits them. unshare(2), umask(2)
 */
export function keepUmask(mask: number): void {
  syscall("unshare", { subject: "CLONE_FS", args: [CLONE_FS] });
  syscall("umask", { args: [mask] });
  kept = mask;
}

/** The umask that this thread has for good; undefined where others can change it. */
export function keptUmask(): number | undefined {
  return kept;
}
