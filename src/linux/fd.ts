import { OPEN } from "./beneath.ts";
import { syscall, trySyscall } from "./syscall.ts";

/** The present directory, as the `*at` calls name it. */
export const AT_FDCWD = -100;

const F_DUPFD_CLOEXEC = 1030;

/** A descriptor with one owner, who closes it: `using file = openFile(…)`. */
export class Descriptor implements Disposable {
  #number: number;

  constructor(number: number) {
    this.#number = number;
  }

  get number(): number {
    if (this.#number < 0) throw new RangeError("The descriptor is closed");
    return this.#number;
  }

  /** A path to what it stands for, for calls that take none but paths. proc(5) */
  get path(): string {
    return `/proc/self/fd/${this.number}`;
  }

  /** Hands the number to another owner. */
  release(): number {
    const number = this.number;
    this.#number = -1;
    return number;
  }

  /** Closing twice is no error. */
  [Symbol.dispose](): void {
    if (this.#number >= 0) trySyscall("close", this.#number);
    this.#number = -1;
  }
}

/** Another number for the same, close-on-exec, with an owner of its own. F_DUPFD_CLOEXEC(2const) */
export function duplicate(number: number): Descriptor {
  return new Descriptor(
    syscall("fcntl", { subject: "F_DUPFD", args: [number, F_DUPFD_CLOEXEC, 0] }),
  );
}

/** Opens a path of the host's, close-on-exec. openat(2) */
export function openFile(path: string, flags: number): Descriptor {
  return new Descriptor(
    syscall("openat", { subject: path, args: [AT_FDCWD, path, flags | OPEN.CLOEXEC, 0] }),
  );
}
