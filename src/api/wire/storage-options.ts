import { parseBytes } from "../../base/byte-size.ts";
import { EngineError, explain } from "../../base/errors.ts";

/** What `--storage-opt` asks for: a size, in the units and with the errors of Docker's overlay2. */
export function decodeStorageOptions(options: Readonly<Record<string, string>>): {
  readonly rootSizeBytes: number;
} {
  let rootSizeBytes = 0;
  for (const [name, value] of Object.entries(options)) {
    const key = name.toLowerCase();
    if (key !== "size") throw new EngineError("invalid", `unknown option ${key}`);
    rootSizeBytes = parseSize(value);
  }
  return { rootSizeBytes };
}

function parseSize(value: string): number {
  try {
    const bytes = parseBytes(value);
    if (Number.isSafeInteger(bytes)) return bytes;
    throw new Error(`invalid size: '${value}'`);
  } catch (cause) {
    throw new EngineError("invalid", explain(cause, "HostConfig.StorageOpt size").message, {
      cause,
    });
  }
}
