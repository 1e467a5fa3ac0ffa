import { EngineError } from "../../base/errors.ts";
import type { Filters } from "../../engine/filters.ts";
import type { HttpRequest, Reply } from "../http/exchange.ts";
import { filters, flag } from "../query.ts";
import { empty, json } from "../reply.ts";
import { type Call, route } from "../route.ts";
import type { ApiVersion } from "../version.ts";
import { toHistoryJson, toImageJson, toImageSummary, toRemovalJson } from "../wire/image-json.ts";
import { decodePlatform, queryPlatform } from "../wire/platform-json.ts";

export const imageRoutes = [
  route("GET /images/json", list),
  route("POST /images/prune", prune),
  route("GET /images/{name:.*}/json", inspect),
  route("GET /images/{name:.*}/history", history),
  route("POST /images/{name:.*}/tag", tag),
  route("DELETE /images/{name:.*}", remove),
];

async function list({ engine, query, version }: Call): Promise<Reply> {
  const found = await engine.images.list({
    all: flag(query, "all"),
    filters: { ...filters(query), ...oldFilter(query, version) },
    sharedSize: version >= 42 && flag(query, "shared-size"),
    manifests: version >= 47 && flag(query, "manifests"),
  });
  return json(
    200,
    found.map((image) => toImageSummary(image, version)),
  );
}

/** Before there were filters, a name was a parameter of its own. */
function oldFilter(query: URLSearchParams, version: ApiVersion): Filters {
  const name = query.get("filter") ?? "";
  return version < 41 && name !== "" ? { reference: [name] } : {};
}

async function inspect({ engine, params, query, version, request }: Call<"name">): Promise<Reply> {
  const manifests = version >= 48 && flag(query, "manifests");
  const platform = queryPlatform(query, { since: 49, version });
  if (manifests && platform !== undefined) {
    throw new EngineError(
      "invalid",
      "conflicting options: manifests and platform options cannot both be set",
    );
  }
  const image = await engine.images.get(params.name, { platform, manifests });
  return json(200, toImageJson(image, isCompose1(request) ? COMPOSE_1_VERSION : version));
}

/** The last version that has all that docker-compose 1 needs. */
const COMPOSE_1_VERSION: ApiVersion = 44;

/** It asks in whatever version the daemon speaks, and cannot do without what was left out in 1.45. */
function isCompose1({ headers }: HttpRequest): boolean {
  return headers.get("user-agent")?.startsWith("docker-compose/1.") ?? false;
}

async function history({ engine, params, query, version }: Call<"name">): Promise<Reply> {
  const platform = queryPlatform(query, { since: 48, version });
  const layers = await engine.images.history(params.name, { platform });
  return json(200, layers.map(toHistoryJson));
}

async function tag({ engine, params, query }: Call<"name">): Promise<Reply> {
  const target = imageTarget(query);
  if (target === "") throw new EngineError("invalid", "refusing to create an ambiguous tag");
  await engine.images.tag(params.name, target);
  return empty(201);
}

async function remove({ engine, params, query, version }: Call<"name">): Promise<Reply> {
  const removed = await engine.images.remove(params.name, {
    force: flag(query, "force"),
    prune: !flag(query, "noprune"),
    platforms: version < 50 ? [] : query.getAll("platforms").map(decodePlatform),
  });
  return json(200, removed.map(toRemovalJson));
}

async function prune({ engine, query }: Call): Promise<Reply> {
  const { removed, reclaimedBytes } = await engine.images.prune(filters(query));
  return json(200, {
    ImagesDeleted: removed.map(toRemovalJson),
    SpaceReclaimed: reclaimedBytes,
  });
}

/** `repo` and `tag` of a query, as one name. */
export function imageTarget(query: URLSearchParams): string {
  const [repository, tag] = [query.get("repo") ?? "", query.get("tag") ?? ""];
  return tag === "" ? repository : `${repository}:${tag}`;
}
