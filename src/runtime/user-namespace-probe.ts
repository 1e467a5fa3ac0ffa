import { readlinkSync, writeFileSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import type { Descriptor } from "../linux/fd.ts";
import { openNamespace } from "../linux/namespace.ts";
import type { IdMapping } from "../oci/runtime-spec.ts";
import { type IdMap, toMap } from "./id-map.ts";

// Any ids that are not the host's own would do.
const PROBE: readonly IdMapping[] = [{ containerID: 0, hostID: 100_000, size: 65_536 }];

/** A user namespace that nobody runs in, to try out id mappings with. It is made when it is first asked for. */
export class UserNamespaceProbe {
  readonly #initPath: string;
  #namespace: Descriptor | undefined;

  constructor(initPath: string) {
    this.#initPath = initPath;
  }

  namespace(): Descriptor {
    this.#namespace ??= makeUserNamespace(this.#initPath, { uids: PROBE, gids: PROBE });
    return this.#namespace;
  }
}

/** Makes a user namespace that nobody runs in. It lives on by the descriptor when its maker is gone. */
export function makeUserNamespace(initPath: string, { uids, gids }: IdMap): Descriptor {
  const maker = Bun.spawn([initPath, "user-namespace"], {
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
  });
  try {
    waitForNamespace(maker.pid);
    writeFileSync(`/proc/${maker.pid}/uid_map`, toMap(uids));
    writeFileSync(`/proc/${maker.pid}/gid_map`, toMap(gids));
    return openNamespace(maker.pid, "user");
  } finally {
    maker.stdin.end();
  }
}

const LIMIT_MS = 5000;
// Less than one is none at all to sleepSync().
const PAUSE_MS = 1;

/** The maker needs a moment, and has no way to tell but by being elsewhere. */
function waitForNamespace(pid: number): void {
  const ours = readlinkSync("/proc/self/ns/user");
  const endsAt = performance.now() + LIMIT_MS;
  while (performance.now() < endsAt) {
    if (readlinkSync(`/proc/${pid}/ns/user`) !== ours) return;
    Bun.sleepSync(PAUSE_MS);
  }
  throw new EngineError("internal", "Cannot make a user namespace to try out id mappings with");
}
