// The checks that are no tests: types, lint and format, and the C compiler's analyser.

import { join } from "node:path";
import { analyzeNativeSources } from "./native-build.mjs";
import { capture, say } from "./program.mjs";
import { ROOT } from "./project.mjs";
import { add, NOTHING } from "./test-run.mjs";

/** Runs each check; counts it like a test. */
export function runChecks() {
  return [
    check("types", () => complaintsOf("tsc", ["--noEmit", "-p", "."])),
    check("lint and format", () =>
      complaintsOf("biome", ["check", "--error-on-warnings", "--diagnostic-level=warn", "."]),
    ),
    check("C analysis", () => analyzeNativeSources().join("\n")),
  ].reduce(add, NOTHING);
}

function check(name, run) {
  const complaints = run();
  say(complaints === "" ? `check passed: ${name}` : `check failed: ${name}\n${complaints}`);
  return complaints === "" ? { ...NOTHING, passed: 1 } : { ...NOTHING, failed: 1 };
}

function complaintsOf(tool, args) {
  const { ok, output } = capture(join(ROOT, "node_modules/.bin", tool), args, { cwd: ROOT });
  return ok ? "" : output.trim() || `${tool} failed`;
}
