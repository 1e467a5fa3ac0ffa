import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { detachMount } from "../../linux/mount.ts";
import { unescapePath } from "../../linux/mount-info.ts";
import { isTemporaryName, temporaryDirectory } from "../staging.ts";
import type { CheckContext, Finding } from "./finding.ts";

/** What is in the directory for half done things, and is nobody's work. */
export function* checkTemporary({ store }: CheckContext): Generator<Finding> {
  const directory = temporaryDirectory(store.dataRoot);
  // All at once: what is being removed now may be gone by the time the first has been mended.
  const left = readdirSync(directory)
    .filter((name) => !isTemporaryName(name))
    .map((name) => join(directory, name))
    .filter((path) => !store.trash.isRemoving(path));
  for (const path of left) {
    const mend = async () => {
      store.trash.throwAway(path);
      await store.trash.settled();
      return !readdirSync(directory).some((left) => left.startsWith("trash-"));
    };
    const problem = "it was left behind by work that has ended";
    const remedy =
      "--repair removes it; a file in it that chattr made immutable must be freed first";
    yield { kind: "temporary-left", subject: path, problem, remedy, mend };
  }
}

/** Nothing is mounted in these: containers see their files by mounts that are in no tree. */
const UNMOUNTED = ["containers", "layers", "tmp"];

/** Mounts in the data root that belong to no container. */
export function* checkMounts({ store }: CheckContext): Generator<Finding> {
  for (const path of listMounts(store.dataRoot)) {
    const [part = "", id = ""] = path.slice(store.dataRoot.length + 1).split("/");
    const isContainers = part === "containers" && store.containers.findById(id) !== undefined;
    if (!UNMOUNTED.includes(part) || isContainers) continue;
    const mend = () => {
      detachMount(path);
      return true;
    };
    const problem = "something is mounted there, and no container is there that it is for";
    yield { kind: "mount-left", subject: path, problem, remedy: "umount it, or --repair", mend };
  }
}

/** What is mounted beneath a directory, innermost first. proc(5) */
export function listMounts(directory: string): readonly string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const paths = lines.map((line) => unescapePath(line.split(" ")[4] ?? ""));
  return paths.filter((path) => path.startsWith(`${directory}/`)).reverse();
}
