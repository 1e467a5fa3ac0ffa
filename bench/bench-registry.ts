import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitUntil } from "../test/support/wait-until.ts";

const HOST = "127.0.0.1:5000";

/** A registry on the loopback of a network namespace, so that each daemon has one next to it. */
export class BenchRegistry implements AsyncDisposable {
  readonly host = HOST;
  readonly #home: string;
  readonly #process: Bun.Subprocess;

  private constructor(home: string, process: Bun.Subprocess) {
    this.#home = home;
    this.#process = process;
  }

  /** In the namespace of this process; undefined: in ours. */
  static async start(pid: number | undefined): Promise<BenchRegistry> {
    const home = await mkdtemp("/var/tmp/sb-");
    const config = {
      version: "0.1",
      log: { level: "error", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(home, "storage") } },
      http: { addr: HOST },
    };
    await writeFile(join(home, "config.yml"), JSON.stringify(config));
    const enter = pid === undefined ? [] : ["nsenter", "--target", String(pid), "--net"];
    const argv = [...enter, "docker-registry", "serve", join(home, "config.yml")];
    const child = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
    const registry = new BenchRegistry(home, child);
    await waitUntil("the registry answers", async () => {
      const check = [...enter, "curl", "-sf", `http://${HOST}/v2/`];
      return Bun.spawnSync(check, { stdout: "ignore" }).success;
    });
    return registry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
    await rm(this.#home, { recursive: true, force: true });
  }
}
