import { EngineError } from "../base/errors.ts";
import type { Connection } from "./connection.ts";
import type { Credentials } from "./credentials.ts";

/** What a login brought. */
export interface LoginResult {
  readonly status: string;
  /** Replaces the password from here on; empty where the registry gives none. */
  readonly identityToken: string;
}

const HUB = "docker.io";
const HUB_NAMES: readonly string[] = [HUB, "index.docker.io", "registry-1.docker.io"];

/** Reads a server's address as `docker login` writes it: a host, or a URL of which only the host counts. */
export function parseServerAddress(text: string): string {
  const host = text.replace(/^https?:\/\//i, "").replace(/\/.*$/s, "");
  if (text === "" || HUB_NAMES.includes(host)) return HUB;
  const url = URL.parse(`https://${host}`);
  if (host !== "" && url !== null && url.username === "" && url.pathname === "/") return host;
  throw new EngineError("invalid", `Invalid registry address "${text}": want a host, or host:port`);
}

/** Finds out whether a registry knows these credentials. */
export async function logIn(
  connection: Connection,
  credentials: Credentials,
): Promise<LoginResult> {
  const token = await connection.findLoginToken();
  const statuses = [401, 403, 404];
  const answer = await connection.request({ method: "GET", target: "/v2/", accept: statuses });
  await answer.discard();
  if (answer.status !== 200) {
    throw new EngineError(
      answer.status === 404 ? "not-found" : "unauthorized",
      `login attempt to ${answer.url.href} failed with status: ${answer.status} ${answer.statusText}`,
    );
  }
  const old = credentials.kind === "identity-token" ? credentials.token : "";
  return { status: "Login Succeeded", identityToken: token?.identityToken || old };
}
