// Every endpoint of Docker's API with arguments and bodies of the right types, of others, and of none. A
// request may be refused; it may not be answered with a 500, never be answered, or leave the daemon worse.

import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { TestDaemon } from "../support/daemon.ts";
import { NetworkNamespace } from "../support/network-namespace.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { RawClient } from "../support/raw-http.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { type Endpoint, readApiTable } from "./api-table.ts";
import { FuzzWorld } from "./fuzz-world.ts";
import { RandomJson, TEXTS } from "./random-json.ts";

const table = await readApiTable();

const ROUNDS = 4;
/** Requests between two repairs of the world, and those at the same time. */
const STRETCH = 48;
const AT_ONCE = 8;
/** Half of how many connections the kernel keeps for a daemon that is busy. */
const BACKLOG = 256;
const MEBIBYTE = 1024 * 1024;

/** These wait for something to happen or for a registry, for as long as it takes, or go on for ever. */
const PATIENT =
  /\/(attach|wait|stop|restart|start|logs|stats|events|ws|auth|distribution|search|push)\b|images\/create/;
const LOOK_MS = 100;

interface FuzzRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly isPatient: boolean;
}

test("no request makes the daemon fail, hang or grow", async () => {
  using network = new NetworkNamespace();
  network.exec("ip", "link", "set", "lo", "up");
  await using daemon = await TestDaemon.startIn(network);
  const world = new FuzzWorld(daemon);
  const wrong: string[] = [];
  const sizes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const requests of makeStretches(randomFrom(round), world)) {
      await world.restore();
      for (let at = 0; at < requests.length; at += AT_ONCE) {
        const some = requests.slice(at, at + AT_ONCE);
        const found = await Promise.all(some.map((one) => trySend(daemon, one)));
        wrong.push(...found.filter((problem) => problem !== undefined));
      }
    }
    expect((await daemon.fetch("/_ping")).status).toBe(200);
    sizes.push(residentBytes(daemon.pid));
  }
  expect(wrong).toEqual([]);
  await world.restore();
  // What it needs once, such as code that was compiled, is there after two rounds.
  const [, early = 0] = sizes;
  expect((sizes.at(-1) ?? 0) - early).toBeLessThan(64 * MEBIBYTE);
});

test("connections that are cut anywhere leave a daemon that answers", async () => {
  using network = new NetworkNamespace();
  await using daemon = await TestDaemon.startIn(network);
  const world = new FuzzWorld(daemon);
  await world.restore();
  const random = randomFrom(7);
  const requests = [...makeStretches(random, world)].flat();
  for (const [index, { method, target, headers, body = "" }] of requests.entries()) {
    // No more than wait to be accepted: Linux refuses those beyond that.
    if (index % BACKLOG === 0) expect((await daemon.fetch("/_ping")).status).toBe(200);
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const length = Buffer.byteLength(body) + random.pick([0, 1, 1000]);
    const head = `${method} ${target} HTTP/1.1\r\nHost: x\r\n${fields.join("")}Content-Length: ${length}\r\n\r\n`;
    const bytes = Buffer.from(head + body);
    using client = await RawClient.connect(daemon.socket);
    client.send(bytes.subarray(0, random.below(bytes.length + 1)));
    if (random.below(2) === 0) client.socket.end();
  }
  expect((await daemon.fetch("/_ping")).status).toBe(200);
  await world.restore();
});

/** Requests in stretches, each made when the world is as it should be. */
function* makeStretches(random: Random, world: FuzzWorld): Generator<readonly FuzzRequest[]> {
  const json = new RandomJson(random, table.types);
  const all = table.endpoints.flatMap((one) => Array<Endpoint>(turnsOf(one)).fill(one));
  const endpoints = random.shuffle(all);
  for (let at = 0; at < endpoints.length; at += STRETCH) {
    const some = endpoints.slice(at, at + STRETCH);
    yield some.map((endpoint) => makeRequest(endpoint, { random, json, world }));
  }
}

/** How often an endpoint's turn is in a round: the more there is to say to it, the more often. */
function turnsOf({ path, body, query }: Endpoint): number {
  if (/^\/(plugins|nodes|swarm|services|tasks|secrets|configs)\b/.test(path)) return 1;
  if (path === "/containers/create") return 60;
  if (body !== undefined && body !== "bytes") return 20;
  return 2 + query.length;
}

interface Makers {
  readonly random: Random;
  readonly json: RandomJson;
  readonly world: FuzzWorld;
}

function makeRequest(endpoint: Endpoint, { random, json, world }: Makers): FuzzRequest {
  const { method, path, query, headers, body } = endpoint;
  const names = world.names(path.split("/")[1] ?? "");
  const filled = path.replaceAll(/\{\w+\}/g, () => random.pick(names));
  const pairs = query
    .filter(() => random.below(2) === 0)
    .map(({ name, type }) => `${name}=${encodeURIComponent(wellFormed(json.value(type, 1)))}`);
  const version = random.pick(["", "", "/v1.51", "/v1.44", "/v1.40", "/v1.24"]);
  const hasBody = body !== undefined || (method !== "GET" && random.below(8) === 0);
  return {
    method,
    target: `${version}${filled}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`,
    headers: {
      "Content-Type": random.pick(["application/json", "application/json", "text/plain", ""]),
      ...Object.fromEntries(headers.map(({ name }) => [name, headerText(random)])),
    },
    body: hasBody && method !== "GET" && method !== "HEAD" ? bodyOf(body, json, random) : undefined,
    isPatient: PATIENT.test(path),
  };
}

function bodyOf(type: string | undefined, json: RandomJson, random: Random): string {
  return type === undefined || type === "bytes" ? random.pick(TEXTS) : json.text(type);
}

function wellFormed(value: unknown): string {
  return (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).toWellFormed();
}

function headerText(random: Random): string {
  return Buffer.from(random.pick(TEXTS)).toString("base64").slice(0, 4000);
}

/** What was wrong with the answer, if anything. */
async function trySend(daemon: TestDaemon, request: FuzzRequest): Promise<string | undefined> {
  const { method, target, headers, body, isPatient } = request;
  const signal = AbortSignal.timeout(isPatient ? LOOK_MS : PATIENCE_MS);
  const shown = `${method} ${target.slice(0, 300)} ${body?.slice(0, 500) ?? ""}`;
  try {
    const init = { method, headers, signal, ...(body === undefined ? {} : { body }) };
    const answer = await daemon.fetch(target, init);
    const text = await answer.text();
    return answer.status === 500 ? `${shown}\n  500: ${text.slice(0, 500)}` : undefined;
  } catch (error) {
    if (isPatient && signal.aborted) return undefined;
    return `${shown}\n  ${error}`;
  }
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
