// npm run bench: sets up, then measures. See bench/main.ts.

import { bunPath } from "./npm-packages.mjs";
import { passThrough } from "./program.mjs";
import { ROOT } from "./project.mjs";
import { main, setUp } from "./setup.mjs";

await main(() => {
  setUp();
  return passThrough(bunPath(), ["bench/main.ts", ...process.argv.slice(2)], { cwd: ROOT });
});
