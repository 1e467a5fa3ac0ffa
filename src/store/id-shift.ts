import { EngineError } from "../base/errors.ts";

/** How the ids of a container's files are shifted on the host: its root is `hostId`, and so on for `size` ids. */
export interface IdShift {
  readonly hostId: number;
  readonly size: number;
}

/** Nothing is shifted. */
export const SAME_IDS: IdShift = { hostId: 0, size: 2 ** 32 - 1 };

// What the kernel shows of ids that a user namespace does not map. user_namespaces(7)
const NOBODY = 65_534;

/** An id of the host's as the container sees it. */
export function toInnerId({ hostId, size }: IdShift, id: number): number {
  return id >= hostId && id < hostId + size ? id - hostId : NOBODY;
}

/** An id of the container's as the host has it. */
export function toOuterId({ hostId, size }: IdShift, id: number): number {
  if (id >= 0 && id < size) return hostId + id;
  throw new EngineError("invalid", `id ${id} is not in the container's range of ${size} ids`);
}

/** An extended attribute of the host's as the container sees it. */
export function toInnerXattr(ids: IdShift, key: string, value: Uint8Array): Uint8Array {
  if (key === CAPABILITY) return withoutRoot(value);
  return isAccessList(key) ? mapAccessList(value, (id) => toInnerId(ids, id)) : value;
}

/** An extended attribute of the container's as the host has it. */
export function toOuterXattr(ids: IdShift, key: string, value: Uint8Array): Uint8Array {
  if (key === CAPABILITY && ids.hostId > 0) return withRoot(value, ids.hostId);
  return isAccessList(key) ? mapAccessList(value, (id) => toOuterId(ids, id)) : value;
}

const CAPABILITY = "security.capability";
// struct vfs_ns_cap_data: version 2 with the id of a user namespace's root behind it. capabilities(7)
const VERSION_2 = 2;
const VERSION_3 = 3;
const VERSION_2_BYTES = 20;
const VERSION_3_BYTES = 24;

function withoutRoot(value: Uint8Array): Uint8Array {
  if (value.byteLength !== VERSION_3_BYTES || value[3] !== VERSION_3) return value;
  const plain = value.slice(0, VERSION_2_BYTES);
  plain[3] = VERSION_2;
  return plain;
}

function withRoot(value: Uint8Array, rootId: number): Uint8Array {
  if (value.byteLength !== VERSION_2_BYTES || value[3] !== VERSION_2) return value;
  const rooted = Buffer.alloc(VERSION_3_BYTES);
  rooted.set(value);
  rooted[3] = VERSION_3;
  rooted.writeUInt32LE(rootId, VERSION_2_BYTES);
  return rooted;
}

function isAccessList(key: string): boolean {
  return key.startsWith("system.posix_acl_");
}

const ACL_HEAD_BYTES = 4;
const ACL_ENTRY_BYTES = 8;
const ACL_NAMED = new Set([0x02, 0x08]);

/** An access list names users and groups by their ids: in its ACL_USER and ACL_GROUP entries. acl(5) */
export function mapAccessList(value: Uint8Array, toId: (id: number) => number): Uint8Array {
  const mapped = Buffer.from(value);
  const last = mapped.byteLength - ACL_ENTRY_BYTES;
  for (let at = ACL_HEAD_BYTES; at <= last; at += ACL_ENTRY_BYTES) {
    if (!ACL_NAMED.has(mapped.readUInt16LE(at))) continue;
    mapped.writeUInt32LE(toId(mapped.readUInt32LE(at + 4)), at + 4);
  }
  return mapped;
}
