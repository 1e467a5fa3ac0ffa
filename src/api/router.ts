import { EngineError } from "../base/errors.ts";
import type { Route } from "./route.ts";
import { type ApiVersion, NEWEST, parseVersion } from "./version.ts";

/** Where a request goes, and with what. */
export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  readonly version: ApiVersion;
}

export interface Target {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
}

/** Finds the route of a path, with or without `/v1.43` before it; throws what Docker answers. */
export type Router = (target: Target) => Match;

const VERSIONED = /^\/v([0-9.]+)(\/.*)$/;

/** Makes a router; of routes that match, the first wins. */
export function makeRouter(routes: readonly Route[]): Router {
  const byStart = Map.groupBy(routes, ({ method, path }) => start(method, path));

  return ({ method, path }) => {
    const [, versionText, rest = path] = VERSIONED.exec(path) ?? [];
    for (const route of byStart.get(start(method, rest)) ?? []) {
      const found = route.pattern.exec(rest);
      if (found === null) continue;
      const version =
        versionText === undefined
          ? NEWEST
          : parseVersion(versionText, `${route.method} ${route.path}`);
      const params = Object.fromEntries(route.names.map((name, n) => [name, found[n + 1] ?? ""]));
      return { route, params, version };
    }
    // A wrong method too: Docker has no 405.
    throw new EngineError("not-found", "page not found");
  };
}

/** Most of the routes are ruled out by the method and the first segment alone. */
function start(method: string, path: string): string {
  return `${method} ${path.split("/", 2)[1] ?? ""}`;
}

/** Splits a request's target into its decoded path and its query. */
export function parseTarget(target: string): { path: string; query: URLSearchParams } {
  // A proxy's form has the scheme and the host in it. RFC 9112, 3.2.2.
  const [, local = target] = /^https?:\/\/[^/?]*(.*)$/.exec(target) ?? [];
  const at = local.indexOf("?");
  const path = at < 0 ? local : local.slice(0, at);
  try {
    return {
      path: decodeURIComponent(path),
      query: new URLSearchParams(at < 0 ? "" : local.slice(at + 1)),
    };
  } catch (cause) {
    throw new EngineError("invalid", `invalid URL escape in "${path}"`, { cause });
  }
}
