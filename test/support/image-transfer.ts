import { Database } from "bun:sqlite";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { TestDaemon } from "./daemon.ts";
import { waitUntil } from "./wait-until.ts";

/** One line that a pull or a push tells. */
export interface ProgressLine {
  readonly status?: string;
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly progress?: string;
  readonly error?: string;
  readonly aux?: Readonly<Record<string, unknown>>;
}

/** What came of a pull or a push. */
export interface Transfer {
  readonly status: number;
  readonly lines: readonly ProgressLine[];
  /** Of the answer or of its last line; empty where all went well. */
  readonly error: string;
}

export interface TransferOptions {
  /** More of the query. */
  readonly query?: Readonly<Record<string, string>>;
  /** As base64, or as Docker's AuthConfig. */
  readonly auth?: string | object;
  readonly version?: string;
  readonly signal?: AbortSignal;
  /** Called with each line as it comes. */
  readonly onLine?: (line: ProgressLine) => void;
}

/** Pulls by the API; `ref` is taken apart as Docker's client does. */
export function pull(daemon: TestDaemon, ref: string, options: TransferOptions = {}) {
  const [, image = ref, mark, tag = ""] = /^(.*?)(@|:(?!.*\/))(.*)$/.exec(ref) ?? [];
  const query = { fromImage: image, tag: mark === undefined ? "latest" : tag };
  return transfer(daemon, "/images/create", { ...options, query: { ...query, ...options.query } });
}

/** Pushes by the API. */
export function push(daemon: TestDaemon, ref: string, options: TransferOptions = {}) {
  const [, image = ref, tag = ""] = /^(.*):([^/]*)$/.exec(ref) ?? [];
  const query = tag === "" ? {} : { tag };
  return transfer(daemon, `/images/${image}/push`, {
    ...options,
    query: { ...query, ...options.query },
  });
}

async function transfer(
  daemon: TestDaemon,
  path: string,
  { query = {}, auth, version = "", signal, onLine }: TransferOptions,
): Promise<Transfer> {
  const header = typeof auth === "object" ? btoa(JSON.stringify(auth)) : auth;
  const answer = await daemon.fetch(`${version}${path}?${new URLSearchParams(query)}`, {
    method: "POST",
    ...(header === undefined ? {} : { headers: { "X-Registry-Auth": header } }),
    ...(signal === undefined ? {} : { signal }),
  });
  const { status } = answer;
  if (!answer.ok) return { status, lines: [], error: JSON.parse(await answer.text()).message };
  const lines: ProgressLine[] = [];
  for await (const line of readLines(answer)) {
    lines.push(line);
    onLine?.(line);
  }
  return { status, lines, error: lines.at(-1)?.error ?? "" };
}

async function* readLines({ body }: Response): AsyncGenerator<ProgressLine> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body ?? []) {
    const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split("\r\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
  if (rest !== "") yield JSON.parse(rest);
}

/** A pull that must succeed; returns its last status. */
export async function mustPull(daemon: TestDaemon, ref: string, options?: TransferOptions) {
  return expectGood(await pull(daemon, ref, options));
}

/** A push that must succeed; returns its lines. */
export async function mustPush(daemon: TestDaemon, ref: string, options?: TransferOptions) {
  const pushed = await push(daemon, ref, options);
  expectGood(pushed);
  return pushed.lines;
}

function expectGood({ status, error, lines }: Transfer): string {
  if (error !== "") throw new Error(`${status}: ${error}`);
  return lines.at(-1)?.status ?? "";
}

/** All that a daemon's data root holds of images, whether the daemon runs or not. */
export function takeInventory({ dataRoot }: { readonly dataRoot: string }) {
  using db = new Database(join(dataRoot, "sampan.db"), { readonly: true });
  const count = (table: string) =>
    db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  const names = (path: string) => readdirSync(join(dataRoot, path)).sort();
  return {
    images: count("images"),
    references: count("image_references"),
    layers: count("layers"),
    layerDirectories: names("layers").length - 1,
    layerBlobs: count("layer_blobs"),
    manifests: count("manifests"),
    blobs: names("blobs/sha256"),
    partial: names("blobs/partial"),
    // What is in the trash is being removed.
    unfinished: names("tmp").filter((name) => !name.startsWith("trash-")),
  };
}

type Inventory = ReturnType<typeof takeInventory>;

/** What a data root without images holds. */
export const NOTHING_HERE: Inventory = {
  images: 0,
  references: 0,
  layers: 0,
  layerDirectories: 0,
  layerBlobs: 0,
  manifests: 0,
  blobs: [],
  partial: [],
  unfinished: [],
};

/** Waits until a data root holds just this: what was given up goes in the background. */
export async function expectInventory(
  daemon: { readonly dataRoot: string },
  wanted: Partial<Inventory> = {},
): Promise<void> {
  const all = { ...NOTHING_HERE, ...wanted };
  const isSo = () => Bun.deepEquals(takeInventory(daemon), all);
  await waitUntil("the store holds what it should", isSo, 5000).catch(() => {
    throw new Error(
      `The store holds\n${JSON.stringify(takeInventory(daemon))}, and should\n${JSON.stringify(all)}`,
    );
  });
}
