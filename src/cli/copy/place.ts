import { CommandError } from "../command.ts";

/** One side of a copy. */
export type Place =
  | { readonly kind: "volume"; readonly volume: string; readonly path: string }
  | { readonly kind: "local"; readonly path: string }
  /** An archive, from or to the standard streams. */
  | { readonly kind: "stream" };

/** Reads `VOLUME:PATH`, a path of this machine, or `-`. A local path with a colon begins with `.` or `/`. */
export function parsePlace(text: string): Place {
  if (text === "-") return { kind: "stream" };
  const colon = text.indexOf(":");
  if (colon < 0 || /^[./]/.test(text)) return { kind: "local", path: text };
  return { kind: "volume", volume: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** Whether a path is of what is in a directory, and not of the directory itself. */
export function isOfContents(path: string): boolean {
  return path === "." || path.endsWith("/.");
}

/** What stands at the place that something is to be copied to. */
export type Standing = "missing" | "directory" | "other";

/** Where the top of a copy goes: in which directory, and by which name; `.` is the directory itself. */
export interface CopyTop {
  readonly directory: string;
  readonly name: string;
}

interface Copying {
  readonly source: { readonly path: string; readonly name: string; readonly isDirectory: boolean };
  readonly target: { readonly path: string; readonly standing: Standing };
}

/** Decides as `cp -r` does, and refuses with Docker's texts; a directory that is there is copied into. */
export function planCopy({ source, target }: Copying): CopyTop {
  const { path, standing } = target;
  if (standing === "directory") {
    const isContents = source.isDirectory && isOfContents(source.path);
    return { directory: path, name: isContents ? "." : source.name };
  }
  if (source.isDirectory && standing === "other") {
    throw new CommandError("cannot copy directory");
  }
  const bare = path.replace(/\/+$/, "");
  if (!source.isDirectory && bare !== path) {
    throw new CommandError("no such directory");
  }
  const slash = bare.lastIndexOf("/");
  return { directory: bare.slice(0, slash + 1), name: bare.slice(slash + 1) };
}
