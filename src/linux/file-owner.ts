// Making files for somebody else. On a mount with mapped ids only who has an id in the mapping can make
// anything: root of the host has none. So a thread takes on another's id, as far as files go, and keeps
// its rights. setfsuid(2), capset(2)

import { rawWords } from "./native.ts";
import { SYS } from "./numbers.ts";
import { SysError, trySyscall } from "./syscall.ts";

/** Ids of the host. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whatever `work` makes is the owner's from the beginning. It must not wait: the thread is back to its
 * own ids when it returns. Undefined: nothing is different.
 */
export function withFileOwner<Result>(owner: FileOwner | undefined, work: () => Result): Result {
  if (owner === undefined) return work();
  const gid = setFileId("setfsgid", owner.gid);
  const uid = setFileId("setfsuid", owner.uid);
  try {
    // Whoever is not root has no rights over others' files; they are still permitted. capabilities(7)
    raiseCapabilities();
    return work();
  } finally {
    setFileId("setfsuid", uid);
    setFileId("setfsgid", gid);
  }
}

/** Returns the one before. The call says nothing of whether it did anything. */
function setFileId(call: "setfsuid" | "setfsgid", id: number): number {
  return rawWords(SYS[call], [id, 0, 0, 0]);
}

const VERSION_3 = 0x2008_0522;
const header = Uint32Array.of(VERSION_3, 0);
// Effective, permitted and inheritable, of the lower and then of the upper 32.
let sets: Uint32Array | undefined;

function raiseCapabilities(): void {
  sets ??= permittedSets();
  call("capset", sets);
}

function permittedSets(): Uint32Array {
  const found = new Uint32Array(6);
  call("capget", found);
  for (const at of [0, 3]) found[at] = found[at + 1] ?? 0;
  return found;
}

function call(name: "capget" | "capset", data: Uint32Array): void {
  const result = trySyscall(name, header, data);
  if (result < 0) throw new SysError(name, "", -result);
}
