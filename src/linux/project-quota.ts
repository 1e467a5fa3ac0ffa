// Project quotas: a limit on what all files of a directory tree take together. xfs and ext4 have
// them, each where it was mounted to hold them. quotactl_fd(2), ioctl_xfs_fsgetxattr(2)

import { OPEN } from "./beneath.ts";
import { openFile } from "./fd.ts";
import { SysError, syscall, trySyscall } from "./syscall.ts";

const FS_IOC_FSGETXATTR = 0x801c_581f;
const FS_IOC_FSSETXATTR = 0x401c_5820;
const FSXATTR_BYTES = 28;
const FS_XFLAG_PROJINHERIT = 0x200;

/** QCMD(Q_X…, PRJQUOTA): the calls that began with xfs, and that ext4 has too. */
const QUOTA_COMMAND = { GET: 0x58_0302, SET_LIMIT: 0x58_0402, GET_STATE: 0x58_0802 } as const;

const FS_QUOTA_PDQ_ENFD = 1 << 5;
const FS_PROJ_QUOTA = 2;
const FS_DQ_BLOCK_LIMITS = (1 << 2) | (1 << 3);
/** struct fs_disk_quota, and more than struct fs_quota_statv has. */
const QUOTA_BYTES = 112;
const STATE_BYTES = 256;
const BLOCK_BYTES = 512;
const ENOENT = 2;

/** Whether the file system of a directory holds the limits of projects. */
export function holdsProjectQuotas(directory: string): boolean {
  using file = openFile(directory, OPEN.RDONLY | OPEN.DIRECTORY);
  const state = Buffer.alloc(STATE_BYTES);
  state.writeInt8(1, 0);
  // Whatever it says: one that cannot tell has none.
  if (trySyscall("quotactl_fd", file.number, QUOTA_COMMAND.GET_STATE, 0, state) < 0) return false;
  return (state.readUInt16LE(2) & FS_QUOTA_PDQ_ENFD) !== 0;
}

/** Whether a project has neither files nor limits. */
export function isUnusedProject(directory: string, project: number): boolean {
  using file = openFile(directory, OPEN.RDONLY | OPEN.DIRECTORY);
  const quota = Buffer.alloc(QUOTA_BYTES);
  const result = trySyscall("quotactl_fd", file.number, QUOTA_COMMAND.GET, project, quota);
  if (result === -ENOENT) return true;
  if (result < 0) throw new SysError("quotactl_fd", `project ${project}`, -result);
  // Four limits, then blocks and inodes.
  return quota.subarray(8, 56).every((byte) => byte === 0);
}

/** Puts an empty directory, and all that will be made in it, into a project. */
export function setProject(directory: string, project: number): void {
  using file = openFile(directory, OPEN.RDONLY | OPEN.DIRECTORY);
  const attributes = Buffer.alloc(FSXATTR_BYTES);
  syscall("ioctl", { subject: directory, args: [file.number, FS_IOC_FSGETXATTR, attributes] });
  // An xfs that has attributes sets the highest bit.
  attributes.writeUInt32LE((attributes.readUInt32LE(0) | FS_XFLAG_PROJINHERIT) >>> 0, 0);
  attributes.writeUInt32LE(project, 12);
  syscall("ioctl", { subject: directory, args: [file.number, FS_IOC_FSSETXATTR, attributes] });
}

/** Limits what a project's files take on the file system of a directory; 0: no more. */
export function limitProject(
  directory: string,
  { project, bytes }: { readonly project: number; readonly bytes: number },
): void {
  using file = openFile(directory, OPEN.RDONLY | OPEN.DIRECTORY);
  const blocks = BigInt(Math.ceil(bytes / BLOCK_BYTES));
  const quota = Buffer.alloc(QUOTA_BYTES);
  quota.writeInt8(1, 0);
  quota.writeInt8(FS_PROJ_QUOTA, 1);
  quota.writeUInt16LE(FS_DQ_BLOCK_LIMITS, 2);
  quota.writeUInt32LE(project, 4);
  quota.writeBigUInt64LE(blocks, 8);
  quota.writeBigUInt64LE(blocks, 16);
  const args = [file.number, QUOTA_COMMAND.SET_LIMIT, project, quota];
  syscall("quotactl_fd", { subject: `project ${project}`, args });
}
