import type { Descriptor } from "../linux/fd.ts";
import type { IdMap } from "./id-map.ts";
import { makeUserNamespace } from "./user-namespace-probe.ts";

const MAX_KEPT = 64;

/** User namespaces that nobody runs in, for mounts that are to be seen through a mapping. */
export class IdMaps {
  readonly #initPath: string;
  readonly #made = new Map<string, Descriptor>();

  constructor(initPath: string) {
    this.#initPath = initPath;
  }

  /** It stays this object's, and is good until many others were asked for. */
  get(map: IdMap): Descriptor {
    const key = JSON.stringify([map.uids, map.gids]);
    const made = this.#made.get(key) ?? makeUserNamespace(this.#initPath, map);
    // Put in anew it is the youngest; the first in a map is the oldest.
    this.#made.delete(key);
    this.#made.set(key, made);
    const [oldest] = this.#made;
    if (oldest !== undefined && this.#made.size > MAX_KEPT) {
      oldest[1][Symbol.dispose]();
      this.#made.delete(oldest[0]);
    }
    return made;
  }
}
