import type { RegistryAuth } from "./wire.ts";

/** The header in which a request carries credentials for a registry. */
export function authHeader(auth: RegistryAuth): Readonly<Record<string, string>> {
  const text = Buffer.from(JSON.stringify(auth)).toString("base64");
  // Docker's form keeps the padding that Buffer's own base64url leaves out.
  return { "X-Registry-Auth": text.replaceAll("+", "-").replaceAll("/", "_") };
}
