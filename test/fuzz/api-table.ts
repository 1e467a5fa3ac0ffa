import { join } from "node:path";

/** An endpoint of Docker's API, with what it may be given. Types are names of primitives or of {@link ApiTable.types}. */
export interface Endpoint {
  readonly method: string;
  /** With names in braces. */
  readonly path: string;
  readonly query: readonly Field[];
  readonly headers: readonly Field[];
  /** `bytes` for a body that is not JSON. */
  readonly body: string | undefined;
}

export interface Field {
  readonly name: string;
  /** `T[]` is an array and `T{}` a map. */
  readonly type: string;
}

export interface ApiTable {
  readonly endpoints: readonly Endpoint[];
  readonly types: ReadonlyMap<string, readonly Field[]>;
}

/** Its first was made from Docker's description of its API. */
const FILES = ["api-1.51.txt", "api-own.txt"];

/** Reads the endpoints and types of Docker's API, with what Sampan adds to them. */
export async function readApiTable(): Promise<ApiTable> {
  const texts = await Promise.all(
    FILES.map((name) => Bun.file(join(import.meta.dir, name)).text()),
  );
  const lines = texts
    .flatMap((text) => text.split("\n"))
    .filter((line) => line !== "" && !line.startsWith("#"));
  const isType = (line: string) => /^\w+ \+?=/.test(line);
  const types = new Map<string, readonly Field[]>();
  for (const [name, fields] of lines.filter(isType).map(parseType)) {
    types.set(name, [...(types.get(name) ?? []), ...fields]);
  }
  return { endpoints: lines.filter((line) => !isType(line)).map(parseEndpoint), types };
}

function parseEndpoint(line: string): Endpoint {
  const [left = "", body] = line.split(" < ");
  const [method = "", path = "", ...fields] = left.split(" ");
  const all = fields.map(parseField);
  return {
    ...{ method, path, body },
    query: all.filter(({ type }) => type !== "header"),
    headers: all.filter(({ type }) => type === "header"),
  };
}

function parseType(line: string): readonly [string, readonly Field[]] {
  const [name = "", fields = ""] = line.split(/ \+?= /);
  return [name, fields.split(" ").filter(Boolean).map(parseField)];
}

function parseField(text: string): Field {
  const at = text.indexOf(":");
  return { name: text.slice(0, at), type: text.slice(at + 1) };
}
