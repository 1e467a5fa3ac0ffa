import type { Descriptor } from "../linux/fd.ts";
import { messageSocketPair, sendDescriptors } from "../linux/socket.ts";
import { errnoOf } from "../linux/syscall.ts";

/** What starts the monitors of checks: a small program, since this large one is slow to start others. */
export class CheckServer {
  readonly #program: Descriptor;
  #near: Descriptor | undefined;

  constructor(program: Descriptor) {
    this.#program = program;
  }

  /** Has a monitor started. The descriptors, its sync pipe and whom to join, stay the caller's. */
  start(args: readonly string[], descriptors: readonly [Descriptor, Descriptor]): void {
    const bytes = Buffer.from(args.map((arg) => `${arg}\0`).join(""));
    const numbers = descriptors.map(({ number }) => number);
    this.#near ??= this.#open();
    try {
      sendDescriptors(this.#near.number, bytes, numbers);
    } catch (error) {
      if (errnoOf(error) !== "EPIPE" && errnoOf(error) !== "ECONNRESET") throw error;
      // It had nothing to do for a while, or was killed.
      this.#near[Symbol.dispose]();
      this.#near = this.#open();
      sendDescriptors(this.#near.number, bytes, numbers);
    }
  }

  #open(): Descriptor {
    const [near, far] = messageSocketPair();
    using _far = far;
    const child = Bun.spawn([this.#program.path, "checks"], {
      argv0: "sampan-init",
      cwd: "/",
      env: {},
      detached: true,
      stdio: ["ignore", "ignore", "ignore", far.number],
    });
    child.unref();
    return near;
  }
}
