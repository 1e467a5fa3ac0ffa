import { EngineError } from "../../base/errors.ts";
import type { Reply } from "../http/exchange.ts";
import { refuseParameter } from "../query.ts";
import { json, stream } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { imageTarget, PLATFORMS } from "./images.ts";

export const imageArchiveRoutes = [
  route("POST /images/create", create),
  route("POST /images/load", load),
  route("GET /images/get", saveSeveral),
  route("GET /images/{name:.*}/get", saveOne),
];

const TAR = "application/x-tar";

async function create(call: Call): Promise<Reply> {
  const image = call.query.get("fromImage") ?? "";
  if (image !== "") throw cannotPull(image);
  const source = call.query.get("fromSrc") ?? "";
  if (source !== "-") {
    throw new EngineError(
      "unimplemented",
      `Cannot import from "${source}": this engine imports only what the client sends (fromSrc=-)`,
    );
  }
  return await importBody(call);
}

async function importBody({ engine, query, request }: Call): Promise<Reply> {
  const platform = query.get("platform") ?? "";
  const id = await engine.images.import(request.body, {
    target: imageTarget(query),
    changes: query.getAll("changes"),
    message: query.get("message") ?? "",
    ...(platform === "" ? {} : { platform }),
  });
  const reply = json(200, { status: id });
  return { ...reply, body: line({ status: id }) };
}

/** An error before the first line is an HTTP status, a later one a line of its own. */
async function load({ engine, query, request }: Call): Promise<Reply> {
  refuseParameter(query, "platform", PLATFORMS);
  const lines = engine.images.load(request.body)[Symbol.asyncIterator]();
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
      yield line({ stream: `${step.value}\n` });
    }
    // A tar ends before its padding does; a client that cannot send all of it reports a failure.
    for await (const _ of body);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    yield line({ errorDetail: { message: error.message }, error: error.message });
  }
}

async function saveOne({ engine, params, query }: Call<"name">): Promise<Reply> {
  refuseParameter(query, "platform", PLATFORMS);
  return stream(TAR, await engine.images.save([params.name]));
}

async function saveSeveral({ engine, query }: Call): Promise<Reply> {
  refuseParameter(query, "platform", PLATFORMS);
  const names = query.getAll("names").flatMap((name) => name.split(","));
  if (names.length === 0) throw new EngineError("invalid", "Cannot save images: no names given");
  return stream(TAR, await engine.images.save(names));
}

/** A line of a progress stream; Docker's end with a carriage return too. */
function line(value: unknown): string {
  return `${JSON.stringify(value)}\r\n`;
}

function cannotPull(image: string): EngineError {
  return new EngineError(
    "unimplemented",
    `Cannot pull "${image}": this engine does not pull from registries yet, use load or import`,
  );
}
