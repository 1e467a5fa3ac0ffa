import type { Credentials } from "../../engine/registry-facade.ts";

const NONE: Credentials = { kind: "none" };

/** Reads `X-Registry-Auth`. What cannot be read counts for nothing, as with Docker. */
export function parseRegistryAuth(header: string | undefined): Credentials {
  if (header === undefined || header === "") return NONE;
  try {
    // Buffer reads both of base64's alphabets.
    return toCredentials(JSON.parse(Buffer.from(header, "base64").toString()));
  } catch {
    return NONE;
  }
}

/** Docker's AuthConfig, as it comes in that header or in the body of `POST /auth`. */
export function toCredentials(value: unknown): Credentials {
  if (typeof value !== "object" || value === null) return NONE;
  const text = (name: string): string => {
    const entry = Object.entries(value).find(([key]) => key.toLowerCase() === name);
    return typeof entry?.[1] === "string" ? entry[1] : "";
  };
  const [username, password] = [text("username"), text("password")];
  if (text("registrytoken") !== "") return { kind: "registry-token", token: text("registrytoken") };
  if (text("identitytoken") !== "") {
    return { kind: "identity-token", token: text("identitytoken"), username };
  }
  return username === "" && password === "" ? NONE : { kind: "basic", username, password };
}

/** The headers of a request that Docker passes on to registries. */
export function metaHeaders(
  headers: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-meta-")));
}
