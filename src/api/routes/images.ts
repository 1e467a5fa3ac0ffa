import { EngineError } from "../../base/errors.ts";
import type { Reply } from "../http/exchange.ts";
import { filters, flag, refuseParameter } from "../query.ts";
import { empty, json } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { toHistoryJson, toImageJson, toImageSummary, toRemovalJson } from "../wire/image-json.ts";

export const imageRoutes = [
  route("GET /images/json", list),
  route("POST /images/prune", prune),
  route("GET /images/{name:.*}/json", inspect),
  route("GET /images/{name:.*}/history", history),
  route("POST /images/{name:.*}/tag", tag),
  route("DELETE /images/{name:.*}", remove),
];

/** An image is of one platform here. */
export const PLATFORMS = "images of several platforms";

async function list({ engine, query, version }: Call): Promise<Reply> {
  const found = await engine.images.list({ all: flag(query, "all"), filters: filters(query) });
  return json(
    200,
    found.map((image) => toImageSummary(image, version)),
  );
}

async function inspect({ engine, params, query, version }: Call<"name">): Promise<Reply> {
  refuseParameter(query, "platform", PLATFORMS);
  return json(200, toImageJson(await engine.images.get(params.name), version));
}

async function history({ engine, params, query }: Call<"name">): Promise<Reply> {
  refuseParameter(query, "platform", PLATFORMS);
  const layers = await engine.images.history(params.name);
  return json(200, layers.map(toHistoryJson));
}

async function tag({ engine, params, query }: Call<"name">): Promise<Reply> {
  const target = imageTarget(query);
  if (target === "") throw new EngineError("invalid", "refusing to create an ambiguous tag");
  await engine.images.tag(params.name, target);
  return empty(201);
}

async function remove({ engine, params, query }: Call<"name">): Promise<Reply> {
  refuseParameter(query, "platforms", PLATFORMS);
  const removed = await engine.images.remove(params.name, {
    force: flag(query, "force"),
    prune: !flag(query, "noprune"),
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
