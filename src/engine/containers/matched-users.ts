import { statSync } from "node:fs";
import { resolveUser, type UserFiles } from "../spec/user.ts";
import type { ContainerRecord } from "./record.ts";

/**
 * Finds out for binds with `bind-idmap=match-user` who owns the directory and who is the container's
 * user; the record then has both.
 */
export function matchUsers(record: ContainerRecord, accounts: UserFiles): ContainerRecord {
  if (!record.mounts.some((mount) => mount.kind === "bind" && mount.idMap !== undefined)) {
    return record;
  }
  const { uid, gid } = resolveUser(record.effective.user, accounts);
  const mounts = record.mounts.map((mount) => {
    if (mount.kind !== "bind" || mount.idMap === undefined) return mount;
    const owner = statSync(mount.source, { throwIfNoEntry: false });
    // What is missing is told when it is mounted.
    if (owner === undefined) return mount;
    const matched = { owner: { uid: owner.uid, gid: owner.gid }, user: { uid, gid } };
    return { ...mount, matched };
  });
  return { ...record, mounts };
}
