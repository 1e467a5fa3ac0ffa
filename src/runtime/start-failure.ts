// Why a program did not start, told to people: from the step that the kernel refused back to what
// the user wrote, and what to do. Docker's command line finds 126 and 127 by words in the text.

import { EngineError } from "../base/errors.ts";
import type { Descriptor } from "../linux/fd.ts";
import { FILE_TYPE, isType } from "../linux/statx.ts";
import { errnoName } from "../linux/syscall.ts";
import { readInRoot, statInRoot } from "./root-reader.ts";
import type { Argument, Step } from "./step.ts";
import type { InitFailure } from "./sync-pipe.ts";

/** What is known where a start failed. */
export interface FailureInputs {
  readonly failure: InitFailure;
  readonly steps: readonly Step[];
  /** The root of the container, to look for what is missing. */
  readonly root: Descriptor;
}

const PREFIX = "failed to create task for container: cannot start the program";

/** Makes the error that a failed step is told with. */
export function explainFailure({ failure, steps, root }: FailureInputs): EngineError {
  const step = steps[failure.step];
  if (step === undefined) return explainEarly(failure);
  if (step.op === "exec" || step.op === "exec-under-reaper") {
    return explainExec({ failure, step, steps, root });
  }
  const code = errnoName(failure.errno);
  const detail = failure.text === "" ? code : `${code} (${failure.text})`;
  const hint = hintFor(step, code);
  return new EngineError(
    "invalid",
    `failed to create task for container: cannot ${step.what} (asked for by: ${step.why}): ${detail}${hint}`,
    { exitCode: step.op === "cwd" && code === "EACCES" ? 126 : 127 },
  );
}

/** Before the first step: init said why by its errno. */
function explainEarly({ errno }: InitFailure): EngineError {
  return new EngineError("internal", `Cannot take in the plan: ${errnoName(errno)}`);
}

function hintFor(step: Step, code: string): string {
  if (step.op === "cwd" && code === "ENOTDIR") return ": it is a file, and must be a directory";
  // move_mount(2) says EINVAL of the two that do not fit, and of nothing else that a plan can ask for.
  if (step.op === "attach" && (code === "ENOTDIR" || code === "EINVAL")) {
    return ": a directory can only be mounted on a directory, and a file on a file";
  }
  if (step.op === "sysctl" && code === "ENOENT") return ": this kernel has no such setting";
  return "";
}

interface ExecFailure extends FailureInputs {
  readonly step: Step;
}

function explainExec(inputs: ExecFailure): EngineError {
  const code = errnoName(inputs.failure.errno);
  const program = text(inputs.step.args[0]);
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return program.includes("/") ? missing(inputs, program) : notInPath(inputs, program);
    case "EACCES":
      return cannotRun(program, whyDenied(inputs, program));
    case "ENOEXEC":
      return cannotRun(
        program,
        "exec format error: it is neither a program for this machine nor a script with a #! line",
      );
    default:
      return cannotRun(program, code);
  }
}

function cannotRun(program: string, why: string): EngineError {
  return new EngineError(
    "invalid",
    `${PREFIX}: exec: ${JSON.stringify(program)}: ${why}: unknown`,
    {
      exitCode: 126,
    },
  );
}

function notFound(program: string, why: string): EngineError {
  return new EngineError(
    "invalid",
    `${PREFIX}: exec: ${JSON.stringify(program)}: ${why}: unknown`,
    {
      exitCode: 127,
    },
  );
}

function notInPath(inputs: ExecFailure, program: string): EngineError {
  const environment = inputs.steps.find(({ op }) => op === "environment")?.args.map(text) ?? [];
  const path = environment.find((entry) => entry.startsWith("PATH="))?.slice(5) ?? "";
  const directories = path.split(":").filter(Boolean);
  const found = directories
    .map((directory) => `${directory}/${program}`)
    .find((candidate) => isThere(inputs.root, candidate));
  if (found !== undefined) return missing(inputs, found);
  const where = path === "" ? "PATH is not set" : `PATH is ${path}`;
  return notFound(program, `executable file not found in $PATH (${where})`);
}

/** A directory of the program's name is passed over, as the kernel's EACCES of it is. */
function isThere(root: Descriptor, path: string): boolean {
  const status = statInRoot(root, path);
  return status !== undefined && !isType(status, FILE_TYPE.DIRECTORY);
}

/** The program may be there, and what is missing be what it names to run it. */
function missing({ root, steps }: ExecFailure, program: string): EngineError {
  const path = absolute(program, steps);
  if (statInRoot(root, path) === undefined) {
    return notFound(program, `stat ${path}: no such file or directory`);
  }
  const interpreter = findInterpreter(root, path);
  if (interpreter === undefined) return notFound(program, "no such file or directory");
  const { kind, name } = interpreter;
  const ending = name.endsWith("\r") ? "; the #! line ends in a carriage return (CRLF)" : "";
  return notFound(
    program,
    `no such file or directory: "${path}" is there, but its ${kind} ${JSON.stringify(name)} is not${ending}`,
  );
}

function absolute(program: string, steps: readonly Step[]): string {
  if (program.startsWith("/")) return program;
  const cwd = text(steps.findLast(({ op }) => op === "cwd")?.args[0] ?? "/");
  return `${cwd}/${program}`;
}

interface Interpreter {
  readonly kind: "script interpreter" | "dynamic loader";
  readonly name: string;
}

const HEAD_BYTES = 64 * 1024;

function findInterpreter(root: Descriptor, path: string): Interpreter | undefined {
  const head = readInRoot(root, path, HEAD_BYTES);
  if (head === undefined) return undefined;
  if (head.subarray(0, 2).toString("latin1") === "#!") return parseShebang(head);
  return parseElf(head);
}

/** execve(2), "Interpreter scripts" */
function parseShebang(head: Buffer): Interpreter | undefined {
  const line = head.subarray(2, 258).toString().split("\n", 1)[0] ?? "";
  const name = line.trimStart().split(/[ \t]/, 1)[0] ?? "";
  return name === "" ? undefined : { kind: "script interpreter", name };
}

const PT_INTERP = 3;

/** The PT_INTERP segment of a 64-bit little-endian ELF file. elf(5) */
function parseElf(head: Buffer): Interpreter | undefined {
  if (head.byteLength < 64 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2)
    return undefined;
  const table = Number(head.readBigUInt64LE(32));
  const size = head.readUInt16LE(54);
  for (let index = 0; index < head.readUInt16LE(56); index++) {
    const at = table + index * size;
    if (at + 56 > head.byteLength) return undefined;
    if (head.readUInt32LE(at) !== PT_INTERP) continue;
    const from = Number(head.readBigUInt64LE(at + 8));
    const length = Number(head.readBigUInt64LE(at + 32));
    const name = head
      .subarray(from, from + length)
      .toString("latin1")
      .replace(/\0.*$/s, "");
    return name === "" ? undefined : { kind: "dynamic loader", name };
  }
  return undefined;
}

function whyDenied({ root, steps }: ExecFailure, program: string): string {
  const path = absolute(program, steps);
  const status = program.includes("/") ? statInRoot(root, path) : undefined;
  if (status === undefined) return "permission denied";
  if (isType(status, FILE_TYPE.DIRECTORY)) return "is a directory: permission denied";
  const mode = (status.mode & 0o7777).toString(8).padStart(4, "0");
  return (status.mode & 0o111) === 0
    ? `permission denied: "${path}" is not executable (its mode is ${mode})`
    : "permission denied";
}

function text(argument: Argument | undefined): string {
  return typeof argument === "string" ? argument : String(argument ?? "");
}
