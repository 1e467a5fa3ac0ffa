import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import type { EngineError } from "../base/errors.ts";
import { OPEN } from "../linux/beneath.ts";
import { type Descriptor, openFile } from "../linux/fd.ts";
import { explainFailure } from "./start-failure.ts";
import type { Step } from "./step.ts";

const { ENOENT, EACCES, ENOEXEC, ENOTDIR, EINVAL, E2BIG, EPERM } = constants.errno;

const directory = new TemporaryDirectory();
let root: Descriptor;

beforeAll(() => {
  const files: Readonly<Record<string, string>> = {
    "bin/script": "#!/bin/bash -e\n",
    "bin/spaced": "#!  /bin/bash\n",
    "bin/windows": "#!/bin/sh\r\necho\r\n",
    "bin/sh": "",
    "bin/shebang-only": "#!",
    "bin/short": "\x7fELF",
    "work/local": "#!/no/such\n",
    "etc/passwd": "",
  };
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: 0o755 });
  }
  chmodSync(join(directory.path, "etc/passwd"), 0o644);
  mkdirSync(join(directory.path, "usr/bin/script"), { recursive: true });
  // A real program, whose loader is on the host and not in here.
  copyFileSync("/bin/ls", join(directory.path, "bin/dynamic"));
  symlinkSync("/bin/dynamic", join(directory.path, "bin/link"));
  symlinkSync("/bin/loop", join(directory.path, "bin/loop"));
  symlinkSync("/../../../../../../../etc/hostname", join(directory.path, "bin/outside"));
  root = openFile(directory.path, OPEN.PATH | OPEN.DIRECTORY);
});

afterAll(() => {
  root[Symbol.dispose]();
  directory[Symbol.dispose]();
});

test.each([
  ["/bin/none", ENOENT, 127, "stat /bin/none: no such file or directory"],
  ["/bin/outside", ENOENT, 127, "stat /bin/outside: no such file or directory"],
  ["/bin/loop", ENOENT, 127, "stat /bin/loop: no such file or directory"],
  ["/etc/passwd/x", ENOTDIR, 127, "stat /etc/passwd/x: no such file or directory"],
  ["none", ENOENT, 127, "executable file not found in $PATH (PATH is /usr/bin:/bin)"],
  ["", ENOENT, 127, "executable file not found in $PATH"],
  [
    "/bin/script",
    ENOENT,
    127,
    `"/bin/script" is there, but its script interpreter "/bin/bash" is not`,
  ],
  ["/bin/spaced", ENOENT, 127, 'script interpreter "/bin/bash" is not'],
  ["script", ENOENT, 127, `"/bin/script" is there, but its script interpreter "/bin/bash" is not`],
  [
    "./local",
    ENOENT,
    127,
    `"/work/./local" is there, but its script interpreter "/no/such" is not`,
  ],
  [
    "/bin/windows",
    ENOENT,
    127,
    'script interpreter "/bin/sh\\r" is not; the #! line ends in a carriage return (CRLF)',
  ],
  ["/bin/shebang-only", ENOENT, 127, "no such file or directory"],
  ["/bin/short", ENOENT, 127, "no such file or directory"],
  ["/bin/dynamic", ENOENT, 127, 'but its dynamic loader "/lib'],
  ["/bin/link", ENOENT, 127, 'but its dynamic loader "/lib'],
  ["/etc", EACCES, 126, "is a directory: permission denied"],
  [
    "/etc/passwd",
    EACCES,
    126,
    `permission denied: "/etc/passwd" is not executable (its mode is 0644)`,
  ],
  ["/bin/script", EACCES, 126, "permission denied: unknown"],
  ["passwd", EACCES, 126, "permission denied: unknown"],
  ["/bin/sh", ENOEXEC, 126, "exec format error: it is neither a program for this machine"],
  ["/bin/sh", E2BIG, 126, "E2BIG"],
  ["/bin/sh", EPERM, 126, "EPERM"],
])("exec of %p with errno %d ends with %d: %s", (...[program, errno, exitCode, message]) => {
  const error = explain([step("exec", [program, "argument"])], errno);

  expect(error.exitCode).toBe(exitCode);
  // A name that was found in PATH is told by where it was found.
  expect(error.message).toMatch(new RegExp(`exec: "(/bin/)?${program}": `));
  expect(error.message).toContain(message);
});

test("the words that Docker's command line looks for are in the text", () => {
  // It takes 127 from "not found" and "no such file", 126 from "permission denied" and "is a directory".
  expect(explain([step("exec", ["none"])], ENOENT).message).toContain("executable file not found");
  expect(explain([step("exec", ["/none"])], ENOENT).message).toContain("no such file or directory");
  expect(explain([step("exec", ["/etc"])], EACCES).message).toContain("permission denied");
});

test.each([
  ["attach", EINVAL, "a directory can only be mounted on a directory, and a file on a file"],
  ["attach", ENOTDIR, "a directory can only be mounted on a directory, and a file on a file"],
  ["cwd", ENOTDIR, "it is a file, and must be a directory"],
  ["sysctl", ENOENT, "this kernel has no such setting"],
  ["mount", EINVAL, "cannot do it (asked for by: --it): EINVAL"],
] as const)("a failed %s with errno %d says %s", (op, errno, message) => {
  expect(explain([step(op, ["/x"])], errno)).toMatchObject({
    kind: "invalid",
    message: expect.stringContaining(message),
    exitCode: 127,
  });
});

test("a directory that may not be entered ends with 126, as in Docker", () => {
  expect(explain([step("cwd", ["/x"])], EACCES).exitCode).toBe(126);
});

test("what the kernel had to say is told", () => {
  const failure = { step: 0, errno: EINVAL, text: "tmpfs: Unknown parameter 'colour'" };
  const error = explainFailure({ failure, steps: [step("mount", [])], root });

  expect(error.message).toContain("EINVAL (tmpfs: Unknown parameter 'colour')");
});

test("a plan that was not taken in is no fault of the user's", () => {
  const failure = { step: -1, errno: EINVAL, text: "" };

  expect(explainFailure({ failure, steps: [], root })).toMatchObject({
    kind: "internal",
    message: "Cannot take in the plan: EINVAL",
  });
});

function explain(last: readonly Step[], errno: number): EngineError {
  const steps = [
    step("cwd", ["/work"]),
    step("environment", ["PATH=/usr/bin:/bin", "HOME=/"]),
    ...last,
  ];
  return explainFailure({ failure: { step: steps.length - 1, errno, text: "" }, steps, root });
}

function step(op: Step["op"], args: Step["args"]): Step {
  return { op, args, what: "do it", why: "--it" };
}
