import { EngineError } from "../../base/errors.ts";
import type { Reply } from "../http/exchange.ts";
import { json, stream } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { queryPlatform } from "../wire/platform-json.ts";
import {
  encodeFailure,
  encodeLine,
  encodeProgress,
  toProgressJson,
} from "../wire/progress-json.ts";
import { imageTarget } from "./images.ts";
import { accessOf } from "./registries.ts";

export const imageArchiveRoutes = [
  route("POST /images/create", create),
  route("POST /images/load", load),
  route("GET /images/get", saveSeveral),
  route("GET /images/{name:.*}/get", saveOne),
];

const TAR = "application/x-tar";

async function create(call: Call): Promise<Reply> {
  const image = call.query.get("fromImage") ?? "";
  if (image !== "") return await pull(call, image);
  const source = call.query.get("fromSrc") ?? "";
  if (source === "-") return await importBody(call);
  const { engine, query, request } = call;
  const lines = engine.registries.importFrom(source, importOptions(query), request.signal);
  return stream("application/json", await encodeProgress(lines, toProgressJson));
}

/** A tag may stand in the name or beside it, and can be a digest; without one, all tags are meant. */
async function pull(call: Call, image: string): Promise<Reply> {
  const { engine, query, request, version } = call;
  const tag = query.get("tag") ?? "";
  const separator = tag.startsWith("sha256:") ? "@" : ":";
  const ref = tag === "" ? image : `${image}${separator}${tag}`;
  const last = image.slice(image.lastIndexOf("/") + 1);
  const platform = version < 32 ? "" : (query.get("platform") ?? "");
  const lines = engine.registries.pull(
    {
      ref,
      allTags: tag === "" && !/[:@]/.test(last),
      ...(platform === "" ? {} : { platform }),
      ...accessOf(call),
    },
    request.signal,
  );
  try {
    return stream("application/json", await encodeProgress(lines, toProgressJson));
  } catch (cause) {
    if (!(cause instanceof EngineError) || cause.kind !== "unauthorized") throw cause;
    // As Docker has it: where the status is 401 its client asks for a password, and a script waits for ever.
    return json(500, { message: cause.message });
  }
}

async function importBody({ engine, query, request }: Call): Promise<Reply> {
  const id = await engine.images.import(request.body, importOptions(query));
  const reply = json(200, { status: id });
  return { ...reply, body: encodeLine({ status: id }) };
}

function importOptions(query: URLSearchParams) {
  const platform = query.get("platform") ?? "";
  return {
    target: imageTarget(query),
    changes: query.getAll("changes"),
    message: query.get("message") ?? "",
    ...(platform === "" ? {} : { platform }),
  };
}

/** An error before the first line is an HTTP status, a later one a line of its own. */
async function load({ engine, query, request, version }: Call): Promise<Reply> {
  const platform = queryPlatform(query, { since: 48, version });
  const lines = engine.images.load(request.body, { platform })[Symbol.asyncIterator]();
  const first = await lines.next();
  return stream("application/json", encodeLoad(first, lines, request.body));
}

async function* encodeLoad(
  first: IteratorResult<string, unknown>,
  lines: AsyncIterator<string>,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  try {
    for (let step = first; step.done !== true; step = await lines.next()) {
      yield encodeLine({ stream: `${step.value}\n` });
    }
    // A tar ends before its padding does; a client that cannot send all of it reports a failure.
    for await (const _ of body);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    yield encodeFailure(error);
  }
}

async function saveOne({ engine, params, query, version }: Call<"name">): Promise<Reply> {
  const platform = queryPlatform(query, { since: 48, version });
  return stream(TAR, await engine.images.save([params.name], { platform }));
}

async function saveSeveral({ engine, query, version }: Call): Promise<Reply> {
  const platform = queryPlatform(query, { since: 48, version });
  const names = query.getAll("names").flatMap((name) => name.split(","));
  if (names.length === 0) throw new EngineError("invalid", "Cannot save images: no names given");
  return stream(TAR, await engine.images.save(names, { platform }));
}
