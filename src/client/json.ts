/** Reads JSON so that whole numbers beyond a double's reach survive being written again. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, keepExact);
}

interface Source {
  readonly source?: string;
}

interface RawJson {
  rawJSON(source: string): unknown;
}

function keepExact(_key: string, value: unknown, context?: Source): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  // TypeScript does not know JSON.rawJSON yet.
  return /^-?[0-9]+$/.test(source) ? (JSON as unknown as RawJson).rawJSON(source) : value;
}

/** The digits of a number that parseExact() kept as it was written. */
export function exactDigits(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("rawJSON" in value)) return undefined;
  return String(value.rawJSON);
}

const LINE_LIMIT = 16 * 1024 * 1024;

/** The lines of a stream, without their ends; empty lines are left out. */
export async function* readLines(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LINE_LIMIT) throw new Error("the daemon sent a line without an end");
    yield* lines.map((line) => line.trimEnd()).filter((line) => line !== "");
  }
  if (rest.trim() !== "") yield rest.trim();
}

/** The values of a stream with one in each line. */
export async function* readJsonLines<T>(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<T> {
  for await (const line of readLines(body)) yield JSON.parse(line) as T;
}
