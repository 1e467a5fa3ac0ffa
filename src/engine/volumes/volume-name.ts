import { EngineError } from "../../base/errors.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** A directory is called so. */
const LONGEST = 255;

/** Checks the name of a volume, with Docker's texts. */
export function parseVolumeName(name: string): string {
  if (NAME.test(name)) {
    if (name.length <= LONGEST) return name;
    throw new EngineError("invalid", `create ${name.slice(0, 32)}…: file name too long`);
  }
  const reason =
    name.length === 1
      ? "volume name is too short, names should be at least two alphanumeric characters"
      : `"${name}" includes invalid characters for a local volume name, only ` +
        '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, ' +
        "use absolute path";
  throw new EngineError("invalid", `create ${name}: ${reason}`);
}
