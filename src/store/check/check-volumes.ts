import { existsSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { formatTime } from "../../base/time.ts";
import type { CheckContext, Finding } from "./finding.ts";

/** Volumes: rows and directories belong together. No file of a user's is ever removed here. */
export function* checkVolumes({ store }: CheckContext): Generator<Finding> {
  const home = join(store.dataRoot, "volumes");
  const names = existsSync(home) ? readdirSync(home) : [];
  for (const { name } of store.volumes.list()) {
    const files = join(home, name, "_data");
    // It may have gone while another one was mended.
    if (existsSync(files) || store.volumes.find(name) === undefined) continue;
    const mend = () => {
      mkdirSync(files, { recursive: true, mode: 0o755 });
      return true;
    };
    yield {
      kind: "volume-missing",
      subject: name,
      problem: `"${files}" is missing, and what was in it`,
      remedy: "put a copy from a backup there; --repair makes an empty one",
      mend,
    };
  }
  for (const name of names) {
    const files = join(home, name, "_data");
    if (store.volumes.find(name) !== undefined || !existsSync(files)) continue;
    const createdAt = formatTime(BigInt(Math.trunc(lstatSync(files).mtimeMs)) * NS_PER_MS);
    const mend = () => {
      const known = { name, labels: {}, options: {}, createdAt };
      store.volumes.insert({ ...known, anonymous: false, projectId: null });
      return true;
    };
    yield {
      kind: "volume-orphaned",
      subject: name,
      problem: `the database does not know the volume in "${join(home, name)}"`,
      remedy: "--repair makes it known again; or remove the directory",
      mend,
    };
  }
}

const NS_PER_MS = 1_000_000n;
