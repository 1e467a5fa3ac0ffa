// Halting all processes of a cgroup at once. cgroup-v2.rst, "cgroup.freeze"; freezer-subsystem.rst

import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../base/errors.ts";
import { controllerDirectory, listChildren, readControl } from "./cgroup-files.ts";
import type { CgroupLayout } from "./cgroup-layout.ts";
import { errnoOf } from "./syscall.ts";

const FREEZE_TIMEOUT_MS = 10_000;
const LONGEST_WAIT_MS = 20;

interface Freezer {
  readonly file: string;
  readonly freeze: string;
  readonly thaw: string;
  isFrozen(): boolean;
  isThawed(): boolean;
}

/**
 * Halts every process in a cgroup, and returns when none runs any more. Where one cannot be halted,
 * such as one that waits for a disk that does not answer, all go on again.
 */
export async function freezeCgroup(layout: CgroupLayout, path: string): Promise<void> {
  const freezer = requireFreezer(layout, path);
  if (await reach(freezer, freezer.freeze, freezer.isFrozen)) return;
  await thawCgroup(layout, path);
  const seconds = FREEZE_TIMEOUT_MS / 1000;
  throw new EngineError("internal", `some of its processes could not be halted in ${seconds} s`);
}

/** Lets the processes go on. */
export async function thawCgroup(layout: CgroupLayout, path: string): Promise<void> {
  const freezer = requireFreezer(layout, path);
  await reach(freezer, freezer.thaw, freezer.isThawed);
}

/**
 * Lets processes that were killed while they were halted die, also those of the cgroups below: on v1 a
 * signal waits until they go on.
 */
export function releaseKilled(layout: CgroupLayout, path: string): void {
  if (layout.version === "2") return;
  const directory = controllerDirectory(layout, path, "freezer");
  if (directory !== undefined) thawTree(directory);
}

function thawTree(directory: string): void {
  try {
    writeFileSync(`${directory}/freezer.state`, "THAWED");
  } catch (cause) {
    if (!["ENOENT", "ENODEV"].includes(errnoOf(cause) ?? "")) throw cause;
  }
  for (const child of listChildren(directory)) thawTree(child);
}

/** Whether the processes are halted, or about to be. */
export function isFrozen(layout: CgroupLayout, path: string): boolean {
  const freezer = findFreezer(layout, path);
  return freezer !== undefined && !freezer.isThawed();
}

/** On v1 a process that is made meanwhile may be missed: what is wanted is written until it is so. */
async function reach(freezer: Freezer, wanted: string, isSo: () => boolean): Promise<boolean> {
  const end = performance.now() + FREEZE_TIMEOUT_MS;
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    writeFileSync(freezer.file, wanted);
    if (isSo()) return true;
    if (performance.now() > end) return false;
    await sleep(waitMs);
  }
}

function requireFreezer(layout: CgroupLayout, path: string): Freezer {
  const freezer = findFreezer(layout, path);
  if (freezer !== undefined) return freezer;
  throw new EngineError("unimplemented", 'no cgroup controller "freezer" is mounted on this host');
}

function findFreezer(layout: CgroupLayout, path: string): Freezer | undefined {
  const directory = controllerDirectory(layout, path, "freezer");
  if (directory === undefined) return undefined;
  if (layout.version === "2") {
    const isFrozenNow = () => /^frozen 1$/m.test(readControl(`${directory}/cgroup.events`));
    const file = `${directory}/cgroup.freeze`;
    const isThawed = () => readControl(file).trim() !== "1";
    return { file, freeze: "1", thaw: "0", isFrozen: isFrozenNow, isThawed };
  }
  const file = `${directory}/freezer.state`;
  const stateIs = (state: string) => () => readControl(file).trim() === state;
  return {
    file,
    freeze: "FROZEN",
    thaw: "THAWED",
    isFrozen: stateIs("FROZEN"),
    // One that is gone halts nothing.
    isThawed: () => ["THAWED", ""].includes(readControl(file).trim()),
  };
}
