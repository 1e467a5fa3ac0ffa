import type { Proxies } from "../registry/proxy-choice.ts";

/** Where Go's programs look for each, the first that is set counts. */
const NAMES = {
  http: ["HTTP_PROXY", "http_proxy"],
  https: ["HTTPS_PROXY", "https_proxy"],
  no: ["NO_PROXY", "no_proxy"],
} as const;

/**
 * Reads the proxies that the environment names, and takes them out of it: Bun's fetch follows the
 * environment even where it is told of another proxy or of none, and for loopback too.
 */
export function takeProxies(environment: Record<string, string | undefined>): Proxies {
  const entries = Object.entries(NAMES).flatMap(([key, names]) => {
    const value = names.map((name) => environment[name]).find((text) => (text ?? "") !== "");
    return value === undefined ? [] : [[key, value]];
  });
  for (const name of Object.values(NAMES).flat()) delete environment[name];
  return Object.fromEntries(entries);
}
