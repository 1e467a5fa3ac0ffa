import { EngineError } from "../../base/errors.ts";
import type { Reply } from "../http/exchange.ts";
import { readJson } from "../json-body.ts";
import { filters } from "../query.ts";
import { empty, json } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { Fields } from "../wire/fields.ts";
import { decodeEndpoint } from "../wire/network-config.ts";
import { decodeNetworkCreate, toNetworkJson } from "../wire/network-view.ts";

export const networkRoutes = [
  route("GET /networks", list),
  route("GET /networks/", list),
  route("POST /networks/create", create),
  route("POST /networks/prune", prune),
  route("POST /networks/{id}/connect", connect),
  route("POST /networks/{id}/disconnect", disconnect),
  route("GET /networks/{id}", inspect),
  route("DELETE /networks/{id}", remove),
];

async function list({ engine, query }: Call): Promise<Reply> {
  const found = await engine.networks.list(filters(query));
  return json(
    200,
    found.map((network) => toNetworkJson(network, { withContainers: false })),
  );
}

async function inspect({ engine, params, query }: Call<"id">): Promise<Reply> {
  const scope = query.get("scope") ?? "";
  if (scope !== "" && scope !== "local") {
    throw new EngineError("not-found", `network ${params.id} not found`);
  }
  const network = await engine.networks.get(params.id);
  return json(200, toNetworkJson(network, { withContainers: true }));
}

async function create({ engine, request, version }: Call): Promise<Reply> {
  const body = await readBody(request, "NetworkCreateRequest");
  const { id, warning } = await engine.networks.create(decodeNetworkCreate(body, version));
  return json(201, { Id: id, Warning: warning });
}

async function connect({ engine, params, request, version }: Call<"id">): Promise<Reply> {
  const body = await readBody(request, "ConnectOptions");
  const endpoint = decodeEndpoint(body.findChild("EndpointConfig"), {
    network: params.id,
    version,
  });
  await engine.networks.connect(params.id, body.text("Container"), endpoint);
  return empty(200);
}

async function disconnect({ engine, params, request }: Call<"id">): Promise<Reply> {
  const body = await readBody(request, "DisconnectOptions");
  const options = { force: body.flag("Force") };
  await engine.networks.disconnect(params.id, body.text("Container"), options);
  return empty(200);
}

async function remove({ engine, params }: Call<"id">): Promise<Reply> {
  await engine.networks.remove(params.id);
  return empty(204);
}

async function prune({ engine, query }: Call): Promise<Reply> {
  return json(200, { NetworksDeleted: await engine.networks.prune(filters(query)) });
}

async function readBody(request: Call["request"], name: string): Promise<Fields> {
  return (await readJson(request, name)) ?? Fields.of({}, name);
}
