import { join } from "node:path";
import { mustRun } from "./run-program.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

const ROOT = join(import.meta.dir, "../..");

/** Packs this project as npm does, and installs it in a directory of its own. */
export async function installLibrary(): Promise<TemporaryDirectory> {
  const directory = new TemporaryDirectory();
  const { path } = directory;
  await mustRun(["npm", "pack", "--silent", "--pack-destination", path], { cwd: ROOT });
  const home = join(path, "node_modules/sampan");
  await mustRun(["sh", "-c", `mkdir -p ${home} && tar xzf *.tgz --strip 1 -C ${home}`], {
    cwd: path,
  });
  return directory;
}
