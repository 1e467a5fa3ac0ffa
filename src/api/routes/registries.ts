import { EngineError } from "../../base/errors.ts";
import type { SearchResult } from "../../engine/registry-facade.ts";
import type { Reply } from "../http/exchange.ts";
import { readJson } from "../json-body.ts";
import { filters, integer } from "../query.ts";
import { json, stream } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { encodeProgress, toProgressJson } from "../wire/progress-json.ts";
import { metaHeaders, parseRegistryAuth, toCredentials } from "../wire/registry-auth.ts";
import { compileSearchFilters, toSearchJson } from "../wire/search-json.ts";

export const registryRoutes = [
  route("POST /images/{name:.*}/push", push),
  route("GET /images/search", search),
  route("GET /distribution/{name:.*}/json", describe),
  route("POST /auth", login),
];

/** Who asks the registry, as a request says it. */
export function accessOf({ request }: Pick<Call, "request">) {
  return {
    credentials: parseRegistryAuth(request.headers.get("x-registry-auth")),
    headers: metaHeaders(request.headers),
  };
}

async function push(call: Call<"name">): Promise<Reply> {
  const { engine, params, query, request, version } = call;
  const tag = query.get("tag") ?? "";
  // Clients of older versions may send it, and mean nothing by it.
  const platform = version < 46 ? undefined : readPlatform(query);
  const lines = engine.registries.push(
    {
      ref: params.name,
      ...(tag === "" ? {} : { tag }),
      ...(platform === undefined ? {} : { platform }),
      ...accessOf(call),
    },
    request.signal,
  );
  return stream("application/json", await encodeProgress(lines, toProgressJson));
}

/** A platform as JSON, such as `{"os":"linux","architecture":"arm64"}`. */
export function readPlatform(query: URLSearchParams): string | undefined {
  const text = query.get("platform") ?? "";
  if (text === "") return undefined;
  try {
    const { os = "", architecture = "", variant = "" } = JSON.parse(text) as Record<string, string>;
    return [os, architecture, variant].filter((part) => part !== "").join("/");
  } catch (cause) {
    throw new EngineError("invalid", `invalid platform: ${text}`, { cause });
  }
}

async function search(call: Call): Promise<Reply> {
  const { engine, query, request } = call;
  const term = query.get("term") ?? "";
  if (term === "") throw new EngineError("invalid", "search term is required");
  const isWanted = compileSearchFilters(filters(query));
  const limit = integer(query, "limit");
  const { credentials } = accessOf(call);
  const found: readonly SearchResult[] = await engine.registries.search(
    term,
    { credentials, ...(limit === undefined || limit === 0 ? {} : { limit }) },
    request.signal,
  );
  return json(200, found.filter(isWanted).map(toSearchJson));
}

async function describe(call: Call<"name">): Promise<Reply> {
  const { engine, params, request } = call;
  const found = await engine.registries.describe(params.name, accessOf(call), request.signal);
  return json(200, {
    Descriptor: { mediaType: found.mediaType, digest: found.digest, size: found.sizeBytes },
    Platforms: found.platforms.map(({ os, architecture, variant }) => ({
      architecture,
      os,
      ...(variant === "" ? {} : { variant }),
    })),
  });
}

async function login({ engine, request }: Call): Promise<Reply> {
  const body = await readJson(request, "AuthConfig");
  const text = (name: string) => body?.text(name) ?? "";
  const { status, identityToken } = await engine.registries.login(
    text("serveraddress"),
    toCredentials({
      username: text("username"),
      password: text("password"),
      identitytoken: text("identitytoken"),
      registrytoken: text("registrytoken"),
    }),
    request.signal,
  );
  return json(200, { IdentityToken: identityToken, Status: status });
}
