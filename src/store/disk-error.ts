import { EngineError, explain } from "../base/errors.ts";

/** Explains what a file system said; for a full disk in the words that all programs have for it. */
export function explainDisk(cause: unknown, action: string): EngineError {
  if (!hasCode(cause, ["ENOSPC", "EDQUOT", "SQLITE_FULL"])) return explain(cause, action);
  return new EngineError("internal", `${action}: no space left on device`, { cause });
}

/** Whether this is an error of one of these codes, from the kernel or from the platform. */
export function hasCode(cause: unknown, codes: readonly string[]): boolean {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && codes.includes(code);
}
