import { EngineError } from "../../base/errors.ts";
import type { CreateRequest, WindowSize } from "../../engine/facade.ts";
import type { Filters } from "../../engine/filters.ts";
import type { Reply } from "../http/exchange.ts";
import { readJson } from "../json-body.ts";
import { filters, flag, integer } from "../query.ts";
import { empty, json } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { toContainerJson } from "../wire/container-json.ts";
import { toContainerSummary } from "../wire/container-summary.ts";
import { decodeCreate } from "../wire/create-body.ts";

export const containerRoutes = [
  route("GET /containers/json", list),
  route("POST /containers/create", create),
  route("POST /containers/explain", explain),
  route("POST /containers/prune", prune),
  route("GET /containers/{id}/json", inspect),
  route("GET /containers/{id}/trace", trace),
  route("POST /containers/{id}/rename", rename),
  route("POST /containers/{id}/resize", resize),
];

async function list({ engine, query, version }: Call): Promise<Reply> {
  const limit = integer(query, "limit") ?? 0;
  const found = await engine.containers.list({
    all: flag(query, "all"),
    size: flag(query, "size"),
    ...(limit > 0 ? { limit } : {}),
    filters: { ...filters(query), ...oldFilters(query) },
  });
  return json(
    200,
    found.map((container) => toContainerSummary(container, version)),
  );
}

/** Before there were filters these two had parameters of their own. */
function oldFilters(query: URLSearchParams): Filters {
  const given = ["since", "before"].map((name) => [name, query.getAll(name)] as const);
  return Object.fromEntries(given.filter(([, values]) => values.some((value) => value !== "")));
}

async function create(call: Call): Promise<Reply> {
  const { id, warnings } = await call.engine.containers.create(await decodeRequest(call));
  return json(201, { Id: id, Warnings: warnings });
}

/** Ours: what create and start would do, without doing it. Takes create's body. */
async function explain(call: Call): Promise<Reply> {
  return json(200, await call.engine.containers.explain(await decodeRequest(call)));
}

/** Ours: what was done to start a container, and how long each thing took. */
async function trace({ engine, params }: Call<"id">): Promise<Reply> {
  return json(200, await engine.containers.trace(params.id));
}

async function inspect({ engine, params, query, version }: Call<"id">): Promise<Reply> {
  const found = await engine.containers.get(params.id, { size: flag(query, "size") });
  return json(200, toContainerJson(found, version));
}

async function rename({ engine, params, query }: Call<"id">): Promise<Reply> {
  const name = query.get("name") ?? "";
  if (name === "") throw new EngineError("invalid", "Neither old nor new names may be empty");
  await engine.containers.rename(params.id, name.replace(/^\//, ""));
  return empty(204);
}

async function resize({ engine, params, query }: Call<"id">): Promise<Reply> {
  await engine.containers.resize(params.id, windowSize(query));
  return empty(200);
}

async function prune({ engine, query }: Call): Promise<Reply> {
  const { deleted, reclaimedBytes } = await engine.containers.prune(filters(query));
  return json(200, { ContainersDeleted: deleted, SpaceReclaimed: reclaimedBytes });
}

/** The `h` and `w` of a query. */
export function windowSize(query: URLSearchParams): WindowSize {
  const [rows, columns] = [integer(query, "h"), integer(query, "w")];
  if (rows !== undefined && columns !== undefined && fits(rows) && fits(columns)) {
    return { rows, columns };
  }
  throw new EngineError("invalid", "invalid resize: want h and w, from 0 to 65535");
}

function fits(size: number): boolean {
  return size >= 0 && size <= 65_535;
}

async function decodeRequest({ request, query, version }: Call): Promise<CreateRequest> {
  const body = await readJson(request, "ContainerConfig");
  if (body === undefined) {
    throw new EngineError("invalid", "invalid JSON: got EOF while reading request body");
  }
  const name = query.get("name") ?? "";
  const platform = query.get("platform") ?? "";
  return decodeCreate(body, { name, platform, version, replace: flag(query, "replace") });
}
