import { EngineError } from "../../base/errors.ts";
import type { IdMapping } from "../../oci/runtime-spec.ts";
import type { UserNamespace } from "./namespaces.ts";

/** The owner of a directory on the host's disk, and the container's user who is to be the same. */
export interface MatchedUser {
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly user: { readonly uid: number; readonly gid: number };
}

const ALL_IDS = 2 ** 32 - 1;

/**
 * The mapping of a mount on which the disk's `owner` is the container's `user`, and the other way round;
 * all other ids are as they are.
 */
export function planIdSwap(
  userNamespace: UserNamespace,
  { owner, user }: { readonly owner: number; readonly user: number },
): readonly IdMapping[] {
  const { hostId, size } = userNamespace === "host" ? { hostId: 0, size: ALL_IDS } : userNamespace;
  if (user >= size) {
    throw new EngineError("invalid", `id ${user} is not in the container's range of ${size} ids`);
  }
  const to = (disk: number, inside: number, count = 1): IdMapping => ({
    containerID: disk,
    hostID: hostId + inside,
    size: count,
  });
  if (owner === user) return [to(0, 0, size)];
  const swapped = [to(owner, user), ...(owner < size ? [to(user, owner)] : [])];
  // What lies before, between and behind the two.
  const borders = [-1, ...[owner, user].filter((id) => id < size).toSorted((a, b) => a - b), size];
  const others = borders.slice(1).flatMap((end, place) => {
    const start = (borders[place] ?? 0) + 1;
    return end > start ? [to(start, start, end - start)] : [];
  });
  return [...swapped, ...others].toSorted((one, other) => one.containerID - other.containerID);
}
