import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { OPEN } from "./beneath.ts";
import { Descriptor, openFile } from "./fd.ts";
import { changeMount, cloneTree } from "./mount.ts";
import { SysError, trySyscall } from "./syscall.ts";

/** What the kernel is built with. `unknown`: it does not tell. */
export type BuiltIn = "yes" | "no" | "unknown";

const FSOPEN_CLOEXEC = 1;
const FSCONFIG_SET_FD = 5;

let config: string | undefined;

/** Whether the kernel was built with an option such as `BRIDGE`, as a part or as a module. */
export function isBuiltWith(option: string): BuiltIn {
  config ??= readConfig();
  if (config === "") return "unknown";
  return new RegExp(`^CONFIG_${option}=[ym]$`, "m").test(config) ? "yes" : "no";
}

/** What a filter's program may return, by the kernel's names. seccomp(2) */
export function readSeccompActions(): readonly string[] {
  return readWords("/proc/sys/kernel/seccomp/actions_avail");
}

/** How many user namespaces there may be; 0 where the kernel has none. */
export function maxUserNamespaces(): number {
  if (!existsSync("/proc/self/ns/user")) return 0;
  const [text = "0"] = readWords("/proc/sys/user/max_user_namespaces");
  return Number(text);
}

/** Whether overlays take their layers as descriptors, as from Linux 6.13 on. */
export function overlayTakesDescriptors(): boolean {
  const context = trySyscall("fsopen", "overlay", FSOPEN_CLOEXEC);
  if (context < 0) return false;
  using overlay = new Descriptor(context);
  using layer = openFile("/", OPEN.PATH | OPEN.DIRECTORY);
  const options = [overlay.number, FSCONFIG_SET_FD, "lowerdir+", 0, layer.number];
  return trySyscall("fsconfig", ...options) >= 0;
}

/** Whether the file system of a directory can be seen through the id mapping of a user namespace. */
export function canIdMap(directory: string, userNamespace: Descriptor): boolean {
  using tree = cloneTree(directory);
  try {
    changeMount(tree, { idMap: userNamespace }, directory);
    return true;
  } catch (error) {
    // EINVAL is the file system's answer; all else is about the namespace, or a right that is missing.
    if (error instanceof SysError && error.code === "EINVAL") return false;
    throw error;
  }
}

/** The words of a file; none if it is not there. */
export function readWords(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8").trim();
  return text === "" ? [] : text.split(/\s+/);
}

function readConfig(): string {
  if (existsSync("/proc/config.gz")) {
    return new TextDecoder().decode(Bun.gunzipSync(readFileSync("/proc/config.gz")));
  }
  const file = `/boot/config-${release()}`;
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
