import type { Io } from "../io.ts";
import { resolvePath } from "../paths.ts";

export interface Security {
  readonly options: readonly string[];
  /** `systempaths=unconfined` is said by empty lists. */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
}

/** What `--security-opt` asks for; a seccomp profile in a file is sent as its contents. */
export async function readSecurity(written: readonly string[], io: Io): Promise<Security> {
  const unconfined = written.includes("systempaths=unconfined");
  const others = written.filter((option) => option !== "systempaths=unconfined");
  const options = await Promise.all(others.map((option) => readOption(option, io)));
  return unconfined ? { options, maskedPaths: [], readonlyPaths: [] } : { options };
}

const KNOWN_PROFILES = ["builtin", "unconfined"];

async function readOption(option: string, io: Io): Promise<string> {
  const [, key, value] = /^([^=:]*)(?:[=:](.*))?$/s.exec(option) ?? [];
  if (key !== "no-new-privileges" && (value === undefined || value === "")) {
    throw new Error(`Invalid --security-opt: ${JSON.stringify(option)}`);
  }
  if (key !== "seccomp" || value === undefined || KNOWN_PROFILES.includes(value)) return option;
  return `seccomp=${await readProfile(value, io)}`;
}

async function readProfile(path: string, io: Io): Promise<string> {
  const file = Bun.file(resolvePath(path, io));
  if (!(await file.exists())) {
    const reason = `open ${path}: no such file or directory`;
    throw new Error(`opening seccomp profile (${path}) failed: ${reason}`);
  }
  try {
    return JSON.stringify(JSON.parse(await file.text()));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`compacting json for seccomp profile (${path}) failed: ${reason}`, { cause });
  }
}
