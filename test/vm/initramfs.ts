import { chmod, copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { runProgram } from "./run-program.ts";

// pivot_root(2) refuses an initramfs as the old root, so the machine leaves it at once.
const INIT = `#!/bin/busybox sh
set -e
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /bin/busybox insmod "$module"; done
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox umount /dev
exec /bin/busybox switch_root /root /init
`;

/** Writes an initramfs that loads the modules, in the order given, and goes on from the disk's /init. */
export async function buildInitramfs(modules: readonly string[], target: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "initramfs-"));
  try {
    for (const folder of ["bin", "dev", "modules", "root"]) await mkdir(join(root, folder));
    await copyFile("/bin/busybox", join(root, "bin/busybox"));
    await Bun.write(join(root, "init"), INIT);
    await chmod(join(root, "init"), 0o755);
    for (const [index, module] of modules.entries()) {
      const name = `${String(index).padStart(3, "0")}-${basename(module)}`;
      await copyFile(module, join(root, "modules", name));
    }
    await runProgram(["sh", "-c", 'find . | cpio --quiet -o -H newc > "$0"', target], {
      cwd: root,
    });
  } finally {
    await rm(root, { recursive: true });
  }
}
