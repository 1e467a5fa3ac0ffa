// Whether a container with a user namespace of its own may mount proc and sysfs. The kernel allows it
// only where the host itself sees all of them: inside another container something usually covers a part.

/** The file systems that show the kernel's inside. */
export type KernelFileSystem = "proc" | "sysfs";

// The kernel keeps these directories empty, so that what is mounted there hides nothing.
const KEPT_EMPTY: Readonly<Record<KernelFileSystem, readonly RegExp[]>> = {
  proc: [/^\/sys\/fs\/binfmt_misc$/, /^\/fs\/nfsd$/, /^\/openprom$/],
  sysfs: [
    /^\/fs\/(cgroup|bpf|pstore|selinux|smackfs|resctrl|fuse\/connections)$/,
    /^\/kernel\/(debug|tracing|security|config)$/,
    /^\/firmware\/efi\/efivars$/,
    /^\/hypervisor\/s390$/,
  ],
};

interface MountLine {
  readonly id: string;
  readonly parent: string;
  readonly root: string;
  readonly path: string;
  readonly isReadOnly: boolean;
  readonly type: string;
}

/** Whether some mount of the file system shows all of it, by a mountinfo's text. proc(5) */
export function isFullyVisible(mountinfo: string, type: KernelFileSystem): boolean {
  const mounts = mountinfo.split("\n").flatMap(parseLine);
  return mounts.some(
    (mount) =>
      mount.type === type &&
      mount.root === "/" &&
      !mount.isReadOnly &&
      mounts.every((other) => other.parent !== mount.id || hidesNothing(other, mount, type)),
  );
}

function hidesNothing(above: MountLine, below: MountLine, type: KernelFileSystem): boolean {
  const place = above.path.slice(below.path.length);
  return KEPT_EMPTY[type].some((pattern) => pattern.test(place));
}

// 36 35 98:0 /root /mount/point rw,noatime shared:1 - type source super,options
function parseLine(line: string): readonly MountLine[] {
  const [left = "", right = ""] = line.split(" - ");
  const [id = "", parent = "", , root = "", path, options = ""] = left.split(" ");
  const [type = "", , superOptions = ""] = right.split(" ");
  if (path === undefined) return [];
  const isReadOnly = [options, superOptions].some((list) => list.split(",").includes("ro"));
  return [{ id, parent, root, path, isReadOnly, type }];
}
