import { EngineError } from "../../base/errors.ts";
import type { FileChange } from "../../engine/files-facade.ts";
import { compressed } from "../compressed.ts";
import type { Reply } from "../http/exchange.ts";
import { readJson } from "../json-body.ts";
import { flag } from "../query.ts";
import { empty, json, stream } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { decodeCommit } from "../wire/commit-body.ts";
import { encodePathStat, PATH_STAT_HEADER } from "../wire/path-stat.ts";

export const fileRoutes = [
  route("HEAD /containers/{id}/archive", stat),
  route("GET /containers/{id}/archive", read),
  route("PUT /containers/{id}/archive", write),
  route("GET /containers/{id}/changes", changes),
  route("GET /containers/{id}/export", exportFiles),
  route("POST /commit", commit),
];

async function stat({ engine, params, query }: Call<"id">): Promise<Reply> {
  const found = await engine.files.stat(params.id, pathOf(query));
  const headers = { [PATH_STAT_HEADER]: encodePathStat(found) };
  return { ...empty(200), headers };
}

async function read({ engine, params, query, request }: Call<"id">): Promise<Reply> {
  const { stat: found, archive } = await engine.files.read(params.id, pathOf(query));
  const reply = compressed(stream("application/x-tar", archive), request);
  return { ...reply, headers: { ...reply.headers, [PATH_STAT_HEADER]: encodePathStat(found) } };
}

async function write({ engine, params, query, request }: Call<"id">): Promise<Reply> {
  const target = {
    path: pathOf(query),
    keepsKinds: flag(query, "noOverwriteDirNonDir"),
    takesUser: flag(query, "copyUIDGID"),
  };
  try {
    await engine.files.write(params.id, target, request.body);
    await drain(request.body, Number.POSITIVE_INFINITY);
  } catch (cause) {
    await drain(request.body, MAX_DRAINED_BYTES);
    throw cause;
  }
  return empty(200);
}

// As much as Go's server reads of what nobody wanted.
const MAX_DRAINED_BYTES = 256 * 1024;

/** A tar ends before its padding does; a client that cannot send all of it reports a failure of its own. */
async function drain(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<void> {
  let left = maxBytes;
  for await (const piece of body) {
    left -= piece.length;
    if (left < 0) return;
  }
}

/** The text is Docker's, which has no space there. */
function pathOf(query: URLSearchParams): string {
  const path = query.get("path") ?? "";
  if (path === "") throw new EngineError("invalid", "bad parameter: pathcannot be empty");
  return path;
}

const KIND: Readonly<Record<FileChange["kind"], number>> = { modified: 0, added: 1, deleted: 2 };

/** Null where there are none, as Go writes an empty list. */
async function changes({ engine, params }: Call<"id">): Promise<Reply> {
  const found = await engine.files.changes(params.id);
  if (found.length === 0) return json(200, null);
  return json(
    200,
    found.map(({ kind, path }) => ({ Path: path, Kind: KIND[kind] })),
  );
}

async function exportFiles({ engine, params }: Call<"id">): Promise<Reply> {
  return stream("application/octet-stream", await engine.files.export(params.id));
}

async function commit({ engine, query, request }: Call): Promise<Reply> {
  const body = await readJson(request, "ContainerConfig");
  const commitRequest = decodeCommit(body, query);
  const id = await engine.files.commit(query.get("container") ?? "", commitRequest);
  return json(201, { Id: id });
}
