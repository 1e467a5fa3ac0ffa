import { ApiUser } from "../support/api-user.ts";
import type { TestDaemon } from "../support/daemon.ts";
import { waitUntil } from "../support/wait-until.ts";

/** What requests can name, and what is put back when they have removed it. */
export class FuzzWorld {
  readonly #daemon: TestDaemon;
  readonly #user: ApiUser;
  #exec = "";

  constructor(daemon: TestDaemon) {
    this.#daemon = daemon;
    this.#user = new ApiUser(daemon);
  }

  /** What fits a name in a path, such as `id`, beneath a first segment, such as `containers`. */
  names(segment: string): readonly string[] {
    const odd = ["nosuch", "..", ".", "%00", "%2e%2e%2f", "a%2Fb", "x".repeat(300), "%F0%9F%98%80"];
    const own: Readonly<Record<string, readonly string[]>> = {
      containers: [...Array(8).fill("running"), ...Array(4).fill("created")],
      exec: Array(12).fill(this.#exec),
      images: [...Array(8).fill("busybox"), "busybox:latest", "fuzz/image:1"],
      networks: [...Array(8).fill("fuzz-net"), "bridge", "host", "none"],
      volumes: Array(8).fill("fuzz-volume"),
    };
    return [...(own[segment] ?? []), ...odd];
  }

  /** Puts back what is missing. Nothing that a fuzzed request has made is ever started. */
  async restore(): Promise<void> {
    const all = await this.#user.json("GET", "/containers/json?all=1");
    for (const { Id } of all) await this.#remove(Id);
    await this.#user.ask("POST", "/networks/prune");
    await this.#user.ask("POST", "/volumes/prune", undefined);
    if ((await this.#user.ask("GET", "/images/busybox/json")).status !== 200) {
      await this.#daemon.importBusybox();
    }
    await this.#user.json("POST", "/networks/create", { Name: "fuzz-net" });
    await this.#user.json("POST", "/volumes/create", { Name: "fuzz-volume" });
    await this.#user.json("POST", "/containers/create?name=created", { Image: "busybox" });
    const body = { Image: "busybox", Cmd: ["sleep", "1000"], StopSignal: "SIGKILL" };
    await this.#user.json("POST", "/containers/create?name=running", body);
    await this.#user.json("POST", "/containers/running/start");
    const exec = { Cmd: ["cat"], AttachStdin: true, AttachStdout: true };
    this.#exec = (await this.#user.json("POST", "/containers/running/exec", exec)).Id;
  }

  /** A restart whose client went away may start it again in between. */
  async #remove(id: string): Promise<void> {
    await waitUntil(`${id} is removed`, async () => {
      const { status, text } = await this.#user.ask("DELETE", `/containers/${id}?force=1&v=1`);
      if (status !== 204 && status !== 404 && status !== 409) throw new Error(text);
      return status !== 409;
    });
  }
}
