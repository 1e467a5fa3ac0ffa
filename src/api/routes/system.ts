import type { Event } from "../../engine/system-facade.ts";
import type { Reply } from "../http/exchange.ts";
import { filters, flag, instant } from "../query.ts";
import { json, stream, text } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { encodeCheck } from "../wire/check-json.ts";
import { decodeUsageKinds, toDiskUsageJson } from "../wire/disk-usage-json.ts";
import { encodeEvent } from "../wire/event-json.ts";
import { toInfoJson, toVersionJson } from "../wire/system-json.ts";

export const systemRoutes = [
  route("GET /_ping", async () => pong("OK")),
  route("HEAD /_ping", async () => pong("")),
  route("GET /version", version),
  route("GET /info", info),
  route("GET /events", events),
  route("GET /system/df", diskUsage),
  route("POST /system/check", check),
];

const PING_HEADERS = {
  "Cache-Control": "no-cache, no-store, must-revalidate",
  Pragma: "no-cache",
  "Builder-Version": "1",
  Swarm: "inactive",
};

function pong(body: string): Reply {
  const reply = text(200, body);
  return { ...reply, headers: { ...reply.headers, ...PING_HEADERS } };
}

async function version({ engine }: Call): Promise<Reply> {
  return json(200, toVersionJson(engine.system.version()));
}

async function info({ engine, version }: Call): Promise<Reply> {
  return json(200, toInfoJson(await engine.system.info(), engine.system.version(), version));
}

async function diskUsage({ engine, query, version }: Call): Promise<Reply> {
  const kinds = decodeUsageKinds(query, version);
  return json(200, toDiskUsageJson(await engine.system.diskUsage(kinds), { version, kinds }));
}

/** Ours: looks whether what is stored is whole, and mends it where that is asked for. */
async function check({ engine, query }: Call): Promise<Reply> {
  const options = { isDeep: flag(query, "deep"), repairs: flag(query, "repair") };
  return stream("application/json", encodeCheck(engine.system.check(options)));
}

async function events({ engine, query, request, version }: Call): Promise<Reply> {
  const [since, until] = [instant(query, "since"), instant(query, "until")];
  const found = engine.events.subscribe(
    {
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      filters: filters(query),
    },
    request.signal,
  );
  const isNews = ({ type, action }: Event) =>
    version < 46 && type === "image" && action === "create";
  return stream(
    "application/json",
    encodeEvents(found, (event) => !isNews(event)),
  );
}

async function* encodeEvents(events: AsyncIterable<Event>, wanted: (event: Event) => boolean) {
  for await (const event of events) {
    if (wanted(event)) yield encodeEvent(event);
  }
}
