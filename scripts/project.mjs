// Where things are in this project.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What the set-up makes; nothing in it is worth keeping. */
export const BUILD = join(ROOT, "build");

/** The command. */
export const SAMPAN = join(ROOT, "bin/sampan");
