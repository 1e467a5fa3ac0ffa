import type { RootSource, Running } from "../../runtime/model.ts";
import type { Runtime } from "../runtime.ts";
import type { UserFiles } from "../spec/user.ts";

const KEPT = 64;

/** Reads the files that users are looked up in. Those of an image are the same at every first start. */
export class AccountFiles {
  readonly #runtime: Pick<Runtime, "readFile">;
  readonly #ofImages = new Map<string, UserFiles>();

  constructor(runtime: Pick<Runtime, "readFile">) {
    this.#runtime = runtime;
  }

  /** Of a root as it is now. */
  async read(root: RootSource | Running): Promise<UserFiles> {
    const [passwd, group] = await Promise.all(
      ["/etc/passwd", "/etc/group"].map((path) => this.#runtime.readFile(root, path)),
    );
    return { passwd: passwd ?? "", group: group ?? "" };
  }

  /** Of a root in which nothing was changed yet. */
  async readImage(root: RootSource): Promise<UserFiles> {
    const key = root.lowers.join("\n");
    const known = this.#ofImages.get(key);
    if (known !== undefined) return known;
    const files = await this.read(root);
    const [oldest] = this.#ofImages.keys();
    if (oldest !== undefined && this.#ofImages.size >= KEPT) this.#ofImages.delete(oldest);
    this.#ofImages.set(key, files);
    return files;
  }
}
