import { join } from "node:path";
import type { CannedApi } from "./canned-api.ts";

/** For a command line at that daemon: a home of its own with nothing in it but this config file. */
export async function clientEnvironment(api: CannedApi, config = "{}") {
  const home = join(api.directory, crypto.randomUUID());
  await Bun.write(join(home, "config.json"), config);
  return { DOCKER_CONFIG: home, DOCKER_HOST: api.host, SAMPAN_HOST: "", TERM: "xterm" };
}
