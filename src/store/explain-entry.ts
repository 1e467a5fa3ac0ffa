import { EngineError } from "../base/errors.ts";
import { shownName, type TarEntry } from "../base/tar/tar-entry.ts";
import { explainDisk, hasCode } from "./disk-error.ts";

/** What the archive itself brings about. Everything else is the host's fault. */
const FAULTS_OF_THE_ARCHIVE = [
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "ELOOP",
  "EXDEV",
  "ENAMETOOLONG",
  "EFBIG",
  "EINVAL",
  "EMLINK",
];

/** Says which entry of an archive failed, and whose fault it is. */
export function explainEntry(cause: unknown, entry: TarEntry): EngineError {
  const action = `Cannot unpack ${shownName(entry.name)}`;
  const known = explainDisk(cause, action);
  // A directory cannot have a second name.
  const isDirectoryLink = entry.kind === "link" && hasCode(cause, ["EPERM"]);
  if (!isDirectoryLink && !hasCode(cause, FAULTS_OF_THE_ARCHIVE)) return known;
  const target = entry.linkName === "" ? "" : ` (a ${entry.kind} to ${shownName(entry.linkName)})`;
  return new EngineError("invalid", `${known.message}${target}`, { cause });
}
