import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import { type CdiEdits, type CdiFile, parseCdiFile } from "./cdi-file.ts";

/** A device, and the file that tells of it. */
interface Place {
  readonly file: CdiFile;
  readonly edits: CdiEdits;
}

/** All that the directories hold now. */
interface Found {
  /** By qualified name, such as `vendor.com/gpu=0`. */
  readonly places: ReadonlyMap<string, Place>;
  /** What was wrong with files and names that are left out. */
  readonly problems: readonly string[];
}

/**
 * The devices that have names, by the Container Device Interface. The files are read anew whenever
 * somebody asks: they change when drivers do, and a start that names none reads none.
 */
export class CdiDevices {
  /** What a later one says of a device replaces what an earlier one says. */
  readonly directories: readonly string[];

  constructor(directories: readonly string[]) {
    this.directories = directories;
  }

  /** The names of all devices, sorted. */
  list(): readonly string[] {
    return [...this.#read().places.keys()].sort();
  }

  /** What a container that gets these devices is given; throws with all of those that there are not. */
  find(names: readonly string[]): readonly CdiEdits[] {
    const { places, problems } = this.#read();
    const edits: CdiEdits[] = [];
    const files = new Set<CdiFile>();
    const unknown: string[] = [];
    for (const name of new Set(names)) {
      const place = places.get(name);
      if (place === undefined) {
        unknown.push(name);
        continue;
      }
      if (!files.has(place.file)) edits.push(checkEdits(place.file.edits, name));
      files.add(place.file);
      edits.push(checkEdits(place.edits, name));
    }
    if (unknown.length === 0) return edits;
    const hints = [...problems, `looked in ${this.directories.join(" and ")}`];
    throw failure(`unresolvable CDI devices ${unknown.join(", ")} (${hints.join("; ")})`);
  }

  #read(): Found {
    const problems: string[] = [];
    const places = new Map<string, Place>();
    for (const directory of this.directories) {
      for (const [name, place] of readDirectory(directory, problems)) {
        if (place === undefined) places.delete(name);
        else places.set(name, place);
      }
    }
    return { places, problems };
  }
}

/** Devices by qualified name. Of one that is told of twice nobody knows which is meant: undefined. */
function readDirectory(
  directory: string,
  problems: string[],
): ReadonlyMap<string, Place | undefined> {
  const places = new Map<string, Place | undefined>();
  for (const file of readFiles(directory, problems)) {
    for (const [name, edits] of file.devices) {
      const full = `${file.kind}=${name}`;
      const isTwice = places.has(full);
      if (isTwice) problems.push(`${full} is in ${file.path} and in another file of ${directory}`);
      places.set(full, isTwice ? undefined : { file, edits });
    }
  }
  return places;
}

function checkEdits(edits: CdiEdits, name: string): CdiEdits {
  if (edits.refused.length === 0) return edits;
  throw failure(`${name} wants ${edits.refused.join(" and ")}, which this engine does not do yet`);
}

/** The error of a container that cannot be given a device, with Docker's beginning. */
export function failure(reason: string): EngineError {
  return new EngineError("invalid", `CDI device injection failed: ${reason}`);
}

function readFiles(directory: string, problems: string[]): readonly CdiFile[] {
  return listFiles(directory).flatMap((name) => {
    const path = join(directory, name);
    try {
      return [parseCdiFile(readFileSync(path, "utf8"), path)];
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      return [];
    }
  });
}

/** Most hosts have no such directory. */
function listFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.(json|yaml)$/.test(name))
      .sort();
  } catch {
    return [];
  }
}
