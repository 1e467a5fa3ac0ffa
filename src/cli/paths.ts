import type { Io } from "./io.ts";

/** A path that the user wrote, from the root. */
export function resolvePath(path: string, { directory }: Pick<Io, "directory">): string {
  const parts: string[] = [];
  for (const part of `${path.startsWith("/") ? "" : directory}/${path}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
