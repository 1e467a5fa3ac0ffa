import { readFileSync, statSync } from "node:fs";
import { errnoOf } from "../../linux/syscall.ts";
import { resolverServers } from "../resolver-file.ts";

const HOST_FILE = "/etc/resolv.conf";

/** The servers of the host's resolv.conf(5), which is read again when it has changed. */
export class HostResolvers {
  readonly #path: string;
  #version = "";
  #servers = resolverServers("");

  constructor(path = HOST_FILE) {
    this.#path = path;
  }

  /** Their addresses, those on the host's loopback as well. */
  list(): readonly string[] {
    try {
      const { dev, ino, size, mtimeNs } = statSync(this.#path, { bigint: true });
      const version = `${dev}:${ino}:${size}:${mtimeNs}`;
      if (version !== this.#version)
        this.#servers = resolverServers(readFileSync(this.#path, "utf8"));
      this.#version = version;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      // Whoever writes it anew may have taken it away first: what it said last holds until then.
    }
    return this.#servers;
  }
}
