import { mkdtemp, rm } from "node:fs/promises";

/** What a request is answered with: lines of JSON, a refusal, or any other JSON. */
export type Canned =
  | { readonly lines: readonly unknown[]; readonly open?: boolean }
  | { readonly status: number; readonly message: string }
  | { readonly json: unknown };

/** A daemon that answers each path with what the test says, and keeps what it was asked. */
export interface CannedApi extends AsyncDisposable {
  readonly host: string;
  /** A directory for the test's own files; the socket is in it. */
  readonly directory: string;
  /** Method, path and query, then the credentials of the header, then the body. */
  readonly asked: string[];
  /** How many clients went away before their answer ended. */
  readonly abandoned: () => number;
}

export async function startCannedApi(
  answers: Readonly<Record<string, Canned>>,
  { version = "1.50" }: { readonly version?: string } = {},
): Promise<CannedApi> {
  const directory = await mkdtemp("/tmp/sampan-canned-");
  const asked: string[] = [];
  let abandoned = 0;
  const server = Bun.serve({
    unix: `${directory}/s`,
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/_ping") return new Response("OK", { headers: { "api-version": version } });
      const target = `${request.method} ${decodeURIComponent(pathname).replace(`/v${version}`, "")}`;
      asked.push(`${target}${describeQuery(searchParams)}${await describeContent(request)}`);
      const onCancel = () => {
        abandoned += 1;
      };
      return toResponse(
        answers[target] ?? { status: 404, message: `nothing at ${target}` },
        onCancel,
      );
    },
  });
  return {
    host: `unix://${directory}/s`,
    directory,
    asked,
    abandoned: () => abandoned,
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      await rm(directory, { recursive: true });
    },
  };
}

/** Sorted, as the order says nothing; nor does it in a JSON object. */
function describeQuery(query: URLSearchParams): string {
  const sorted = [...query].sort(([a], [b]) => (a < b ? -1 : 1));
  const pairs = sorted.map(([name, value]) => `${name}=${sortKeys(value)}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function sortKeys(value: string): string {
  if (!value.startsWith("{")) return value;
  const entries = Object.entries(JSON.parse(value)).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}

async function describeContent(request: Request): Promise<string> {
  const auth = request.headers.get("x-registry-auth");
  const decoded = auth === null ? "" : ` auth ${Buffer.from(auth, "base64url")}`;
  const body = (await request.text()).trim();
  return body === "" ? decoded : `${decoded} ${body}`;
}

function toResponse(canned: Canned, onCancel: () => void): Response {
  const headers = { "Content-Type": "application/json" };
  if ("status" in canned) {
    const { status, message } = canned;
    return new Response(JSON.stringify({ message }), { status, headers });
  }
  if ("json" in canned) return new Response(JSON.stringify(canned.json), { headers });
  const bytes = Buffer.from(canned.lines.map((line) => `${JSON.stringify(line)}\r\n`).join(""));
  if (canned.open !== true) return new Response(bytes, { headers });
  const open = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes),
    cancel: onCancel,
  });
  return new Response(open, { headers });
}
