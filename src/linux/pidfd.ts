import { Descriptor } from "./fd.ts";
import { syscall, trySyscall } from "./syscall.ts";

/** A descriptor that means this process and never another with its number. pidfd_open(2) */
export function openPidfd(pid: number): Descriptor {
  return new Descriptor(syscall("pidfd_open", { subject: String(pid), args: [pid, 0] }));
}

/** The same; undefined where there is no such process. */
export function tryOpenPidfd(pid: number): Descriptor | undefined {
  const number = trySyscall("pidfd_open", pid, 0);
  return number < 0 ? undefined : new Descriptor(number);
}

/** Throws SysError ESRCH when the process is gone. pidfd_send_signal(2) */
export function sendSignal(pidfd: Descriptor, signal: number): void {
  syscall("pidfd_send_signal", {
    subject: `signal ${signal}`,
    args: [pidfd.number, signal, 0, 0],
  });
}
