// The options of mount(8), as far as the kernel knows them as flags. mount(2)

const FLAG = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  SYNCHRONOUS: 0x10,
  REMOUNT: 0x20,
  MANDLOCK: 0x40,
  DIRSYNC: 0x80,
  NOATIME: 0x400,
  NODIRATIME: 0x800,
  BIND: 0x1000,
  REC: 0x4000,
  UNBINDABLE: 0x2_0000,
  PRIVATE: 0x4_0000,
  SLAVE: 0x8_0000,
  SHARED: 0x10_0000,
  RELATIME: 0x20_0000,
  STRICTATIME: 0x100_0000,
} as const;

const SET: Readonly<Record<string, number>> = {
  ro: FLAG.RDONLY,
  nosuid: FLAG.NOSUID,
  nodev: FLAG.NODEV,
  noexec: FLAG.NOEXEC,
  sync: FLAG.SYNCHRONOUS,
  dirsync: FLAG.DIRSYNC,
  remount: FLAG.REMOUNT,
  mand: FLAG.MANDLOCK,
  noatime: FLAG.NOATIME,
  nodiratime: FLAG.NODIRATIME,
  bind: FLAG.BIND,
  rbind: FLAG.BIND | FLAG.REC,
  unbindable: FLAG.UNBINDABLE,
  runbindable: FLAG.UNBINDABLE | FLAG.REC,
  private: FLAG.PRIVATE,
  rprivate: FLAG.PRIVATE | FLAG.REC,
  slave: FLAG.SLAVE,
  rslave: FLAG.SLAVE | FLAG.REC,
  shared: FLAG.SHARED,
  rshared: FLAG.SHARED | FLAG.REC,
  relatime: FLAG.RELATIME,
  strictatime: FLAG.STRICTATIME,
};

const CLEAR: Readonly<Record<string, number>> = {
  defaults: 0,
  rw: FLAG.RDONLY,
  suid: FLAG.NOSUID,
  dev: FLAG.NODEV,
  exec: FLAG.NOEXEC,
  async: FLAG.SYNCHRONOUS,
  nomand: FLAG.MANDLOCK,
  atime: FLAG.NOATIME,
  diratime: FLAG.NODIRATIME,
  norelatime: FLAG.RELATIME,
  nostrictatime: FLAG.STRICTATIME,
};

const PROPAGATIONS = FLAG.UNBINDABLE | FLAG.PRIVATE | FLAG.SLAVE | FLAG.SHARED;

/** Options, taken apart for the calls that they need. */
export interface MountFlags {
  /** Of the first call. */
  readonly flags: number;
  /** Of a second call, about propagation; 0: none. */
  readonly propagation: number;
  /** Of a third: a bind becomes read-only only after it was made; 0: none. */
  readonly remount: number;
  /** What is left for the file system itself. */
  readonly data: string;
}

/** Reads options with commas between. */
export function parseMountFlags(options: string): MountFlags {
  let all = 0;
  const data: string[] = [];
  for (const option of options.split(",")) {
    if (Object.hasOwn(SET, option)) all |= SET[option] ?? 0;
    else if (Object.hasOwn(CLEAR, option)) all &= ~(CLEAR[option] ?? 0);
    else if (option !== "") data.push(option);
  }
  const flags = all & ~PROPAGATIONS;
  const isReadOnlyBind = (flags & FLAG.BIND) !== 0 && (flags & FLAG.RDONLY) !== 0;
  return {
    flags,
    propagation: (all & PROPAGATIONS) === 0 ? 0 : all & (PROPAGATIONS | FLAG.REC),
    remount: isReadOnlyBind ? flags | FLAG.REMOUNT : 0,
    data: data.join(","),
  };
}
