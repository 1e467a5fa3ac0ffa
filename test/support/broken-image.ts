import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ensureBusyboxArchive } from "./busybox-image.ts";
import { mustRun } from "./run-program.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

/** The tar of a root with busybox, and with `/broken/`: programs that cannot be run, each for a reason. */
export async function makeBrokenArchive(): Promise<Uint8Array> {
  using work = new TemporaryDirectory();
  const folder = join(work.path, "broken");
  await mkdir(folder);
  await Bun.write(join(folder, "script"), "#!/no/interpreter -x\n");
  await Bun.write(join(folder, "garbage"), "no program");
  // It names a loader that the image does not have.
  await copyFile("/bin/true", join(folder, "dynamic"));
  await mustRun(["chmod", "-R", "755", folder]);
  const archive = join(work.path, "archive.tar");
  await copyFile(await ensureBusyboxArchive(), archive);
  await mustRun(["tar", "-C", work.path, "--owner=0", "--group=0", "-rf", archive, "broken"]);
  return await Bun.file(archive).bytes();
}
