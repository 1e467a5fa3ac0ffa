import { parseBytes } from "../../base/byte-size.ts";
import { EngineError } from "../../base/errors.ts";

/** Options of the driver `local`, by name. */
export type VolumeOptions = Readonly<Record<string, string>>;

/** What of a file system is to be mounted as a volume, in the words of mount(8). */
export interface VolumeDevice {
  readonly type: string;
  readonly device: string;
  /** With commas between; empty: none. */
  readonly options: string;
}

const KNOWN: readonly string[] = ["type", "o", "device", "size"];

/** An option that says nothing without others. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  device: ["type"],
  type: ["device"],
  o: ["device", "type"],
};

/** Refuses options that Docker's driver `local` does not have, with its texts. */
export function checkVolumeOptions(options: VolumeOptions): void {
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw invalid(`invalid option: ${JSON.stringify(unknown)}`);
  sizeLimitOf(options);
  for (const name of Object.keys(options)) {
    const missing = NEEDS[name]?.find((needed) => !Object.hasOwn(options, needed));
    if (missing !== undefined) {
      throw invalid(`missing required option: ${JSON.stringify(missing)}`);
    }
  }
  if (options["type"] === "cifs" && URL.parse(options["device"] ?? "")?.port) {
    throw invalid("port not allowed in CIFS device URL, include 'port' in 'o='");
  }
}

/** How much may be in a volume, by its option `size`; 0: as much as there is room for. */
export function sizeLimitOf({ size }: VolumeOptions): number {
  if (size === undefined) return 0;
  try {
    return parseBytes(size);
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause));
  }
}

/** What is to be mounted as the volume; undefined: its own directory is all of it. */
export function deviceOf({ type, device, o }: VolumeOptions): VolumeDevice | undefined {
  if ((type ?? "") === "" && (device ?? "") === "") return undefined;
  return { type: type ?? "", device: device ?? "", options: o ?? "" };
}

/** The directory that a volume is a bind of; undefined for all others. */
export function boundDirectoryOf({ device, options }: VolumeDevice): string | undefined {
  return /(^|,)r?bind(,|$)/.test(options) ? device : undefined;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
