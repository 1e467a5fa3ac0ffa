import { closeSync, openSync } from "node:fs";
import { syscall } from "../../src/linux/syscall.ts";

const CLONE_NEWNET = 0x40000000;
const HERE = "/proc/thread-self/ns/net";

/**
 * A network namespace of a test's own, kept by a descriptor alone: it goes when the scope ends and
 * nothing in it runs any more.
 */
export class NetworkNamespace implements Disposable {
  readonly fd: number;

  constructor() {
    this.fd = elsewhere(() => {
      syscall("unshare", { args: [CLONE_NEWNET] });
      return openSync(HERE, "r");
    });
  }

  /** For setns(2) and nsenter(1) in other processes, as long as this one lives. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.fd}`;
  }

  /** Calls a function with this thread in the namespace. It must do its work before it returns. */
  run<T>(action: () => T): T {
    return elsewhere(() => {
      syscall("setns", { subject: this.path, args: [this.fd, CLONE_NEWNET] });
      return action();
    });
  }

  /** Runs a program in the namespace and gives what it wrote; fails with what it complained of. */
  exec(...command: readonly string[]): string {
    const { exitCode, stdout, stderr } = this.tryExec(...command);
    if (exitCode !== 0) throw new Error(`${command.join(" ")}: exit ${exitCode}: ${stderr}`);
    return stdout;
  }

  /** As exec(), for a program whose failure is an answer. */
  tryExec(...command: readonly string[]): { exitCode: number; stdout: string; stderr: string } {
    const child = Bun.spawnSync(["nsenter", `--net=${this.path}`, ...command]);
    return {
      exitCode: child.exitCode,
      stdout: child.stdout.toString(),
      stderr: child.stderr.toString(),
    };
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/**
 * Only this thread changes its namespace, and it is back before anything else can run on it. A
 * thread that Bun starts meanwhile stays over there: a namespace may so outlive its scope, and a
 * test that waits for one to go makes it in a child process.
 */
function elsewhere<T>(action: () => T): T {
  const home = openSync(HERE, "r");
  try {
    return action();
  } finally {
    syscall("setns", { subject: HERE, args: [home, CLONE_NEWNET] });
    closeSync(home);
  }
}
