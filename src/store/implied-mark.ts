import { changeOwnerAt } from "../linux/at.ts";
import type { FileStatus } from "../linux/statx.ts";
import type { Place } from "./attributes.ts";

// Nobody's: the highest id is what stat shows for "none", the next one what archives may name. The
// group stays root's: on some mounts what is made in a directory gets its group.
const MARK = { uid: 0xffff_fffd, gid: 0 };

/**
 * Marks a directory that an archive takes for granted by an owner that nobody has. An entry of its own
 * that comes later gives it its owner, and so takes the mark away.
 */
export function markImplied({ dirFd, name }: Place): void {
  changeOwnerAt(dirFd, name, MARK);
}

export function isMarkedImplied({ uid, gid }: FileStatus): boolean {
  return uid === MARK.uid && gid === MARK.gid;
}
