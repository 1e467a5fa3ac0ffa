import { EngineError } from "../../base/errors.ts";
import type { Platform } from "../../oci/platform.ts";
import type { ApiVersion } from "../version.ts";

/** OCI's form of a platform, as clients send it in a query and get it in an answer. */
export interface PlatformJson {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

/** The platform of a query, from the version of the API on that has it; undefined: none is asked for. */
export function queryPlatform(
  query: URLSearchParams,
  { since, version }: { readonly since: number; readonly version: ApiVersion },
): Platform | undefined {
  const text = query.get("platform") ?? "";
  // Docker leaves it out of account where an older client sends it.
  return text === "" || version < since ? undefined : decodePlatform(text);
}

/** Reads a platform in OCI's JSON. */
export function decodePlatform(text: string): Platform {
  const value = parse(text);
  const field = (name: string) => {
    const found = value[name];
    if (found === undefined || typeof found === "string") return found?.toLowerCase() ?? "";
    throw unreadable(text);
  };
  const [os, architecture, variant] = [field("os"), field("architecture"), field("variant")];
  if (os !== "" && architecture !== "") return { os, architecture, variant };
  const isOptional = variant !== "" || field("os.version") !== "";
  throw new EngineError(
    "invalid",
    os === "" && architecture === "" && isOptional
      ? "optional platform fields provided, but OS and Architecture are missing"
      : "both OS and Architecture must be provided",
  );
}

export function toPlatformJson({ os, architecture, variant }: Platform): PlatformJson {
  return { architecture, os, ...(variant === "" ? {} : { variant }) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch {
    // It is told of below, as what is no object is.
  }
  throw unreadable(text);
}

function unreadable(text: string): EngineError {
  const wanted = '{"os":"linux","architecture":"amd64"}';
  return new EngineError("invalid", `failed to parse platform: "${text}" is not as in ${wanted}`);
}
