import { Descriptor, duplicate } from "./fd.ts";
import { syscall } from "./syscall.ts";

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const O_CLOEXEC = 0o2000000;

/**
 * Puts a socket to which nothing ever comes in the place of another, until it is disposed of: who
 * reads the number until there is nothing left gets to an end. The other one keeps what comes, and
 * whoever waits for it by epoll(7) still does. Nobody may close the number meanwhile. dup(2)
 */
export function setAside(number: number): Disposable {
  const aside = duplicate(number);
  using silent = new Descriptor(
    syscall("socket", { subject: "unix", args: [AF_UNIX, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0] }),
  );
  syscall("dup3", { args: [silent.number, number, O_CLOEXEC] });
  return {
    [Symbol.dispose]() {
      syscall("dup3", { args: [aside.number, number, O_CLOEXEC] });
      aside[Symbol.dispose]();
    },
  };
}
