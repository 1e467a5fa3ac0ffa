import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { CONTAINER_FLAGS } from "../src/cli/run/container-flags.ts";
import { makeFirewallWorld, network, port6 } from "./support/firewall-world.ts";
import { testAsRoot } from "./support/test-if.ts";

const ROOT = join(import.meta.dir, "..");
const coverage = await read("docs/coverage.md");

/** The rows of a Markdown table with three columns, of which the first is code. */
function readRows(text: string): readonly { subject: string; state: string }[] {
  const rows = text.matchAll(/^\| `([^`]+)` \| (done|partly|not) \|/gm);
  return [...rows].map(([, subject = "", state = ""]) => ({ subject, state }));
}

test("docs/coverage.md says of each endpoint that it is there, or that it is not", async () => {
  const rows = readRows(section(coverage, "Endpoints"));
  const there = rows.filter(({ state }) => state !== "not").map(({ subject }) => subject);
  const absent = rows.filter(({ state }) => state === "not").map(({ subject }) => subject);
  const routes = await readRoutes();
  expect(there.toSorted()).toEqual(routes.there.toSorted());
  expect(absent.toSorted()).toEqual(routes.absent.toSorted());
});

test("docs/coverage.md says of each flag of run whether it is there", () => {
  const documented = readRows(section(coverage, "Flags of"))
    .flatMap(({ subject }) => [...subject.matchAll(/--([a-z0-9-]+)/g)])
    .map(([, name = ""]) => name)
    .filter((name) => name !== "help");
  const runOnly = ["detach", "sig-proxy", "detach-keys"];
  const known = new Set([...Object.keys(CONTAINER_FLAGS), ...runOnly]);
  expect(documented.filter((name) => !known.has(name))).toEqual([]);
  expect([...known].filter((name) => !documented.includes(name))).toEqual([]);
});

test("docs/errors.md has a row for each kind, with the status that the API gives it", async () => {
  const rows = (await read("docs/errors.md")).matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm);
  const documented = Object.fromEntries(
    [...rows].map(([, kind, status]) => [kind, Number(status)]),
  );
  const table = section(await read("src/api/status.ts"), "const STATUS", "};");
  const coded = [...table.matchAll(/^ {2}"?([a-z-]+)"?: (\d+),$/gm)];
  expect(documented).toEqual(
    Object.fromEntries(coded.map(([, kind, status]) => [kind, Number(status)])),
  );
});

testAsRoot("docs/firewall.md shows the table's rules as nft(8) does", async () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  world.publish(port6({ address: "10.1.0.2" }));
  const names = { 1: "icmp", 6: "tcp", 58: "ipv6-icmp" } as const;
  const shown = world.list();

  const rules = shown
    .slice(shown.indexOf("\tchain raw"), shown.lastIndexOf("}"))
    .replace(/redirect to :\d+/, "redirect to :PORT")
    .replaceAll("counter  drop", "counter drop")
    .replaceAll(/l4proto (1|6|58) /g, (_, number: keyof typeof names) => {
      return `l4proto ${names[number]} `;
    });

  expect(await read("docs/firewall.md")).toContain(`\`\`\`nft\n${rules}\`\`\`\n`);
});

test.each(await listDocuments())("the links of %s lead somewhere", async (document) => {
  const links = [...(await read(document)).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)];
  const files = links.map(([, link = ""]) => link).filter((link) => !/^[a-z]+:/.test(link));
  const missing = files.filter((link) => !isThere(join(ROOT, document, "..", link)));
  expect(missing).toEqual([]);
});

test.each(await listDocuments())("the files that %s names are there", async (document) => {
  const names = [
    ...(await read(document)).matchAll(/`((?:src|init|test|scripts|bench|bin|docs)\/[\w./-]+)`/g),
  ];
  const missing = names.map(([, name = ""]) => name).filter((name) => !isThere(join(ROOT, name)));
  expect(missing).toEqual([]);
});

/** The endpoints that do something, and those that `absent.ts` answers by name. */
async function readRoutes(): Promise<{ there: readonly string[]; absent: readonly string[] }> {
  const files = await Array.fromAsync(new Glob("src/api/routes/*.ts").scan(ROOT));
  const sources = files.filter((file) => !file.endsWith(".test.ts"));
  const texts = await Promise.all(sources.map(read));
  const there = texts.flatMap((text) => findEndpoints(text, /\broute\(\s*"([A-Z]+ [^"]+)"/g));
  const named = findEndpoints(await read("src/api/routes/absent.ts"), /"([A-Z]+ \/[^"]+)"/g);
  return { there, absent: named.filter((endpoint) => !there.includes(endpoint)) };
}

function findEndpoints(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, spec = ""]) => spec.replace(":.*", ""));
}

async function listDocuments(): Promise<string[]> {
  const globs = ["*.md", "docs/**/*.md", "bench/*.md"].map((pattern) => new Glob(pattern));
  const documents = await Promise.all(globs.map((glob) => Array.fromAsync(glob.scan(ROOT))));
  return documents.flat().toSorted();
}

/** From a heading, or another mark, to the next one. */
function section(text: string, start: string, end = "\n## "): string {
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  return text.slice(from, to < 0 ? undefined : to);
}

function read(path: string): Promise<string> {
  return Bun.file(join(ROOT, path)).text();
}

function isThere(path: string): boolean {
  return existsSync(path);
}
