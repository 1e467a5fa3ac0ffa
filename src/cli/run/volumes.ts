import type { Io } from "../io.ts";
import { resolvePath } from "../paths.ts";

export interface Volumes {
  /** `SOURCE:TARGET[:OPTIONS]`, with sources from the root. */
  readonly binds: readonly string[];
  /** Paths in the container that get an anonymous volume. */
  readonly anonymous: Readonly<Record<string, object>>;
}

/** What `-v` asks for. */
export function parseVolumes(written: readonly string[], io: Io): Volumes {
  const binds: string[] = [];
  const anonymous: Record<string, object> = {};
  for (const volume of new Set(written)) {
    const sections = splitVolume(volume);
    if (sections.length === 1) anonymous[volume] = {};
    else binds.push(resolveSource(volume, io));
  }
  return { binds, anonymous };
}

function splitVolume(volume: string): readonly string[] {
  if (volume === "") throw new Error("invalid empty volume spec");
  const sections = volume.split(":");
  if (sections.includes(""))
    throw new Error(`invalid spec: ${volume}: empty section between colons`);
  return sections;
}

/** `./here` is the client's directory, which the daemon cannot know. */
function resolveSource(volume: string, io: Io): string {
  const colon = volume.indexOf(":");
  const source = volume.slice(0, colon);
  return source.startsWith(".") ? resolvePath(source, io) + volume.slice(colon) : volume;
}

/** What `--tmpfs` asks for: options by path. */
export function parseTmpfs(written: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    written.map((one) => {
      const colon = one.indexOf(":");
      return colon < 0 ? [one, ""] : [one.slice(0, colon), one.slice(colon + 1)];
    }),
  );
}
