/** A request. `path` starts after the version. */
export interface ApiRequest {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** A body that is not JSON. */
  readonly upload?: ReadableStream<Uint8Array> | Blob;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Query arguments; those that are undefined, false or empty are left out. */
export type Query = Readonly<Record<string, QueryValue | readonly string[]>>;
type QueryValue = string | number | boolean | undefined;

/** Takes a chunk; a promise holds the sender back until it resolves. */
export type ChunkSink = (chunk: Uint8Array) => Promise<void> | undefined;

/** A connection that carries raw bytes both ways. Each direction ends by itself. */
export interface ByteStream {
  /** Passes everything that comes to the sink, no faster than it takes it, until the other end ends. */
  read(sink: ChunkSink): Promise<void>;
  /** Sends a chunk; resolves when it is on its way. */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends our direction only: the other side sees the end of input and may go on sending. */
  closeWrite(): void;
  close(): void;
}

/** Requests to one daemon, in the newest version that both sides speak. */
export interface ApiTransport {
  /** The version in use; asks the daemon the first time. */
  version(): Promise<string>;
  /** Sends a request; a refusal is thrown as an ApiError. */
  send(request: ApiRequest): Promise<Response>;
  /** Sends a request whose connection then carries a stream both ways. */
  hijack(request: ApiRequest): Promise<ByteStream>;
}

/** The newest version of the API that this client speaks. */
export const API_VERSION = "1.51";
/** What a daemon speaks that does not say. */
const OLDEST_VERSION = "1.24";

/** The newest version that this client and a daemon speak that answered a ping with these headers. */
export function chooseVersion(headers: Headers): string {
  const theirs = headers.get("api-version") ?? OLDEST_VERSION;
  return compareVersions(theirs, API_VERSION) < 0 ? theirs : API_VERSION;
}

/** Negative where the first version is the older one. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}

/** A request's path with the version before it and the query behind it. */
export function toTarget({ path, query = {} }: ApiRequest, version: string): string {
  return `/v${version}${path}${encodeQuery(query)}`;
}

function encodeQuery(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    toTexts(value).map((text) => `${name}=${encodeURIComponent(text)}`),
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function toTexts(value: QueryValue | readonly string[]): readonly string[] {
  if (value === undefined || value === false || value === "") return [];
  if (value === true) return ["1"];
  return typeof value === "object" ? value : [String(value)];
}
