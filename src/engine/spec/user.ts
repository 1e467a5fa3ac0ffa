import { EngineError } from "../../base/errors.ts";
import type { User } from "../../oci/runtime-spec.ts";

/** The files that names are looked up in; empty where the root has none. */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

/** Who a program runs as, and where it is at home. */
export interface ResolvedUser extends User {
  readonly home: string;
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

const MAX_ID = 0x7fff_ffff;

/**
 * Finds a user as Docker does. `spec` is `name|uid[:group|gid]`, empty for root; a number needs no
 * entry, a name does. Without a group in it the user also gets all groups that list the name.
 */
export function resolveUser(
  spec: string,
  files: UserFiles,
  extraGroups: readonly string[] = [],
): ResolvedUser {
  const [name = "", groupName = ""] = spec.split(":", 2);
  const account = findAccount(name, files.passwd);
  const groups = parseGroups(files.group);
  const gid = groupName === "" ? account.gid : groupId(groupName, groups, "find");
  const listed =
    groupName === "" && account.name !== ""
      ? groups.filter(({ members }) => members.includes(account.name)).map((group) => group.gid)
      : [];
  const extra = extraGroups.map((group) => groupId(group, groups, "extra"));
  // The primary group is among the others too: a program that drops it must not gain by it. CVE-2022-36109
  const additionalGids = [...new Set([gid, ...listed, ...extra])];
  return { uid: account.uid, gid, additionalGids, home: account.home };
}

/** The names that ids have; the first of several counts. */
export function accountNames({ passwd, group }: UserFiles): {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
} {
  const users = parsePasswd(passwd).map(({ uid, name }) => [uid, name] as const);
  const groups = parseGroups(group).map(({ gid, name }) => [gid, name] as const);
  return { users: new Map(users.reverse()), groups: new Map(groups.reverse()) };
}

function findAccount(name: string, passwd: string): Account {
  const uid = parseId(name === "" ? "0" : name);
  const found = parsePasswd(passwd).find((account) =>
    uid === undefined ? account.name === name : account.uid === uid,
  );
  if (found !== undefined) return found;
  if (uid === undefined) {
    const reason = "no matching entries in passwd file";
    throw new EngineError("invalid", `unable to find user ${name}: ${reason}`);
  }
  return { name: "", uid: checkRange(uid), gid: 0, home: "/" };
}

function groupId(name: string, groups: readonly Group[], use: "find" | "extra"): number {
  const gid = parseId(name);
  const found = groups.find((group) =>
    gid === undefined ? group.name === name : group.gid === gid,
  );
  if (found !== undefined) return found.gid;
  if (gid !== undefined) return checkRange(gid);
  if (use === "extra") throw new EngineError("invalid", `Unable to find group ${name}`);
  const reason = "no matching entries in group file";
  throw new EngineError("invalid", `unable to find group ${name}: ${reason}`);
}

function checkRange(id: number): number {
  if (id <= MAX_ID) return id;
  throw new EngineError("invalid", `uids and gids must be in range 0-${MAX_ID}`);
}

/** Lines that make no sense are passed over: the file is the image's. */
function parsePasswd(text: string): readonly Account[] {
  return records(text).flatMap(([name = "", , uidText = "", gidText = "", , home = ""]) => {
    const uid = parseId(uidText);
    const gid = parseId(gidText);
    if (uid === undefined || gid === undefined || uid > MAX_ID || gid > MAX_ID) return [];
    return [{ name, uid, gid, home: home === "" ? "/" : home }];
  });
}

function parseGroups(text: string): readonly Group[] {
  return records(text).flatMap(([name = "", , gidText = "", members = ""]) => {
    const gid = parseId(gidText);
    if (gid === undefined || gid > MAX_ID) return [];
    return [{ name, gid, members: members.split(",").filter((member) => member !== "") }];
  });
}

function records(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

/** Undefined: a name. */
function parseId(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
