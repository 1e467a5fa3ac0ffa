import { hasDocker, TestDaemon } from "./daemon.ts";
import type { Outcome, RunOptions } from "./run-program.ts";

/** Whether Docker's CLI can be run here against a daemon of ours. */
export const canRunDocker = hasDocker && process.getuid?.() === 0;

/** Somebody who types Docker's commands at a daemon of their own, which has an image `busybox`. */
export class DockerUser implements AsyncDisposable {
  readonly #daemon: TestDaemon;

  private constructor(daemon: TestDaemon) {
    this.#daemon = daemon;
  }

  static async start(): Promise<DockerUser> {
    return new DockerUser(await TestDaemon.startWithBusybox());
  }

  /** A command whose words have no spaces in them. */
  type(line: string, options?: RunOptions): Promise<Outcome> {
    return this.docker(line.split(" "), options);
  }

  docker(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return this.#daemon.docker(args, options);
  }

  /** What a shell line writes in a new container; where it fails, with what. */
  async runShell(options: string, line: string): Promise<string> {
    const flags = options.split(" ").filter((flag) => flag !== "");
    const outcome = await this.docker(["run", "--rm", ...flags, "busybox", "sh", "-c", line]);
    const { status, stdout, stderr } = outcome;
    return status === 0 ? stdout.replaceAll("\r", "").trim() : `${status}: ${stdout}${stderr}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon[Symbol.asyncDispose]();
  }
}
