import { EngineError } from "../../../src/base/errors.ts";
import type { Engine } from "../../../src/engine/facade.ts";
import type { PathStat } from "../../../src/engine/files-facade.ts";

const STAT: PathStat = {
  name: "link",
  sizeBytes: 4,
  mode: 0o120777,
  modifiedNs: 1_000_000_001n,
  linkTarget: "/target",
};

/** Files of containers, as small as they come; what came in is kept in `calls`. */
export function filesDouble(calls: unknown[][]): Engine["files"] {
  const check = (path: string) => {
    if (path !== "/nope") return;
    throw new EngineError("not-found", `Could not find the file ${path} in container web`);
  };
  return {
    stat: async (_ref, path) => {
      check(path);
      return STAT;
    },
    read: async (_ref, path) => {
      check(path);
      return { stat: STAT, archive: pieces("archive of ", path) };
    },
    write: async (ref, target, archive) => {
      const bytes = await Array.fromAsync(archive);
      calls.push(["write", ref, target, Buffer.concat(bytes).toString()]);
    },
    changes: async (ref) =>
      ref === "same"
        ? []
        : [
            { kind: "modified", path: "/etc" },
            { kind: "added", path: "/etc/new" },
            { kind: "deleted", path: "/etc/old" },
          ],
    export: async () => pieces("all ", "of it"),
    commit: async (ref, request) => {
      calls.push(["commit", ref, request]);
      return `sha256:${"c".repeat(64)}`;
    },
  };
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
