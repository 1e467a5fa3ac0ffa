import { readlinkSync, writeFileSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import type { Descriptor } from "../linux/fd.ts";
import { openNamespace } from "../linux/namespace.ts";

// Any ids that are not the host's own would do.
const MAP = "0 100000 65536\n";

/** A user namespace that nobody runs in, to try out id mappings with. It is made when it is first asked for. */
export class UserNamespaceProbe {
  readonly #initPath: string;
  #namespace: Descriptor | undefined;

  constructor(initPath: string) {
    this.#initPath = initPath;
  }

  namespace(): Descriptor {
    this.#namespace ??= makeUserNamespace(this.#initPath);
    return this.#namespace;
  }
}

/** The namespace lives on by the descriptor when its maker is gone. */
function makeUserNamespace(initPath: string): Descriptor {
  const maker = Bun.spawn([initPath, "user-namespace"], {
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
  });
  try {
    waitForNamespace(maker.pid);
    writeFileSync(`/proc/${maker.pid}/uid_map`, MAP);
    writeFileSync(`/proc/${maker.pid}/gid_map`, MAP);
    return openNamespace(maker.pid, "user");
  } finally {
    maker.stdin.end();
  }
}

const TRIES = 2000;
const PAUSE_MS = 0.5;

/** The maker needs a moment, and has no way to tell but by being elsewhere. */
function waitForNamespace(pid: number): void {
  const ours = readlinkSync("/proc/self/ns/user");
  for (let tries = 0; tries < TRIES; tries++) {
    if (readlinkSync(`/proc/${pid}/ns/user`) !== ours) return;
    Bun.sleepSync(PAUSE_MS);
  }
  throw new EngineError("internal", "Cannot make a user namespace to try out id mappings with");
}
