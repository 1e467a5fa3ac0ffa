import { EngineError } from "../../base/errors.ts";
import { asFields, findTexts, textOf } from "../../oci/json-fields.ts";
import { parseReference, withDefaultTag } from "../../oci/reference.ts";
import type { ArchiveFiles } from "../../store/archive-files.ts";
import type { ArchivedImage } from "./archive-images.ts";

/** Reads the list of images that Docker's save writes. */
export function readDockerArchive(files: ArchiveFiles): readonly ArchivedImage[] {
  return parseList(new TextDecoder().decode(files.read("manifest.json"))).map((value) => {
    const fields = asFields(value, "manifest.json");
    return {
      config: files.read(textOf(fields, "Config")),
      layers: (findTexts(fields, "Layers") ?? []).map((path) => files.get(path)),
      manifests: [],
      names: (findTexts(fields, "RepoTags") ?? []).map((name) =>
        withDefaultTag(parseReference(name)),
      ),
    };
  });
}

function parseList(text: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list;
  } catch (cause) {
    throw new EngineError("invalid", "Cannot read manifest.json: it is not JSON", { cause });
  }
  throw new EngineError("invalid", "Cannot read manifest.json: want a list of images");
}
