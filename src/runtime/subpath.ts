import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { OPEN, openBeneath, RESOLVE } from "../linux/beneath.ts";
import { Descriptor, openFile } from "../linux/fd.ts";
import { SysError } from "../linux/syscall.ts";

/** What is at a path below a directory, which containers may change: links in it may be traps. */
export interface Subpath {
  readonly source: string;
  readonly subpath: string;
}

/** Opens it, for use as where other calls begin. What would lead out of the directory is refused. */
export function openSubpath({ source, subpath }: Subpath): Descriptor {
  using base = openFile(source, OPEN.PATH | OPEN.DIRECTORY);
  const resolve = RESOLVE.BENEATH | RESOLVE.NO_MAGICLINKS;
  try {
    return new Descriptor(openBeneath(base.number, subpath, { flags: OPEN.PATH, resolve }));
  } catch (cause) {
    throw cause instanceof SysError ? explainRefusal(cause, { source, subpath }) : cause;
  }
}

/** Docker's texts. */
function explainRefusal(cause: SysError, { source, subpath }: Subpath): EngineError {
  const path = join(source, subpath);
  switch (cause.code) {
    case "EXDEV":
      return new EngineError(
        "invalid",
        `path concatenation escapes the base directory, base: ${source}, subpath: ${subpath}`,
        { cause },
      );
    case "ENOENT":
      return new EngineError(
        "not-found",
        `cannot access path ${path}: lstat ${path}: no such file or directory`,
        { cause },
      );
    default:
      return new EngineError("internal", `cannot access path ${path}: ${cause.code}`, { cause });
  }
}
