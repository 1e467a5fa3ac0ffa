import { EngineError } from "../base/errors.ts";
import type { InsecureHosts } from "./insecure-hosts.ts";

/** One server to look for repositories at. */
export interface Endpoint {
  /** Where it may be, in the order to try: with TLS, and for insecure hosts then without. No slash at the end. */
  readonly bases: readonly URL[];
  /** It has copies of another registry's images, and nothing of that registry's secrets. */
  readonly isMirror: boolean;
}

const HUB = "docker.io";
const HUB_HOST = "registry-1.docker.io";

/** The servers of a registry, in the order to ask; a push goes to the registry itself alone. */
export async function planEndpoints(
  domain: string,
  actions: "pull" | "push",
  { mirrors, insecureHosts }: { mirrors: readonly string[]; insecureHosts: InsecureHosts },
): Promise<readonly Endpoint[]> {
  const isHub = domain === HUB;
  const own = await planOwnEndpoint(isHub ? HUB_HOST : domain, insecureHosts);
  if (!isHub || actions === "push") return [own];
  return [...mirrors.map((mirror) => ({ bases: [parseMirror(mirror)], isMirror: true })), own];
}

/** Reads a mirror's URL. */
export function parseMirror(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw wrongMirror(text, "it must begin with http:// or https://");
  }
  if (url.username !== "" || url.password !== "") {
    throw wrongMirror(`${url.protocol}//…@${url.host}`, "it must hold no name and no password");
  }
  if (url.search !== "" || url.hash !== "") throw wrongMirror(text, "it must end with its path");
  return url;
}

/** A URL below an endpoint's base. */
export function urlBelow(base: URL, path: string): URL {
  return new URL(`${base.href.replace(/\/+$/, "")}${path}`);
}

async function planOwnEndpoint(host: string, insecureHosts: InsecureHosts): Promise<Endpoint> {
  const secure = URL.parse(`https://${host}`);
  if (secure === null || secure.pathname !== "/") {
    throw new EngineError("invalid", `Invalid registry "${host}": want a host, or host:port`);
  }
  // Plain HTTP has another port where the name gives none, so its URL is made from the name too.
  const plain = new URL(`http://${host}`);
  const isInsecure = await insecureHosts.has(secure.host);
  return { bases: isInsecure ? [secure, plain] : [secure], isMirror: false };
}

function wrongMirror(mirror: string, reason: string): EngineError {
  return new EngineError("invalid", `invalid mirror: "${mirror}" is not a valid URI: ${reason}`);
}
