import { EngineError } from "../../base/errors.ts";
import type { VolumesFrom } from "../../engine/model.ts";
import { isMode, isPropagation } from "./binds.ts";

/** Reads one of HostConfig's VolumesFrom: `container[:mode]`. */
export function decodeVolumesFrom(text: string): VolumesFrom {
  if (text === "") throw invalid("volumes-from specification cannot be an empty string");
  const colon = text.indexOf(":");
  const container = colon < 0 ? text : text.slice(0, colon);
  const mode = colon < 0 ? "rw" : text.slice(colon + 1);
  const words = mode.split(",");
  // How a mount is filled and travels is the other container's to say.
  const isOthers = (word: string) => ["nocopy", "O"].includes(word) || isPropagation(word);
  if (!isMode(mode) || words.some(isOthers)) {
    throw invalid(`invalid mode: ${mode}`);
  }
  if (container === "") throw invalid(`invalid name or ID supplied: ""`);
  return { container, readonly: words.includes("ro") };
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
