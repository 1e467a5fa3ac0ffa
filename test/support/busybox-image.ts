import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { mustRun } from "./run-program.ts";

const BUILD = join(import.meta.dir, "../../build");
const ARCHIVE = join(BUILD, "busybox.tar");

const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;
const GROUP = `root:x:0:
daemon:x:1:
wheel:x:10:root
nogroup:x:65534:
`;

/** The path of a tar of a root file system with busybox in it; it is made once. */
export async function ensureBusyboxArchive(): Promise<string> {
  if (await Bun.file(ARCHIVE).exists()) return ARCHIVE;
  await mkdir(BUILD, { recursive: true });
  const work = await mkdtemp(join(BUILD, "busybox-"));
  try {
    const root = join(work, "root");
    const folders = [
      "bin",
      "dev",
      "etc",
      "home",
      "proc",
      "root",
      "sys",
      "tmp",
      "usr/sbin",
      "var/spool/mail",
    ];
    for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
    await mustRun(["chmod", "1777", join(root, "tmp")]);
    await mustRun(["cp", findBusybox(), join(root, "bin/busybox")]);
    await mustRun(["chroot", root, "/bin/busybox", "--install", "/bin"]);
    await Bun.write(join(root, "etc/passwd"), PASSWD);
    await Bun.write(join(root, "etc/group"), GROUP);
    await mustRun(["tar", "-C", root, "-cf", join(work, "archive"), "."]);
    // Renamed at the end, as test files run side by side.
    await rename(join(work, "archive"), ARCHIVE);
  } finally {
    await rm(work, { recursive: true });
  }
  return ARCHIVE;
}

function findBusybox(): string {
  const path = Bun.which("busybox");
  if (path === null) throw new Error("Cannot find busybox: install the package busybox-static");
  return path;
}
