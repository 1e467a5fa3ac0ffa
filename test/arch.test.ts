import { expect, test } from "bun:test";
import { posix as path } from "node:path";
import { Glob } from "bun";

/** Which layer may import which. A layer that is not named on the right is out of reach. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  linux: ["base"],
  oci: ["base"],
  store: ["base", "linux", "oci"],
  registry: ["base", "oci"],
  runtime: ["base", "linux", "oci"],
  network: ["base", "linux", "oci"],
  "log-drivers": ["base", "linux"],
  build: ["base", "oci", "store", "registry", "runtime"],
  engine: ["base", "oci", "store", "registry", "runtime", "network", "log-drivers", "build"],
  api: ["base", "oci", "engine"],
  client: ["base", "oci"],
  library: ["base", "client"],
  cli: ["base", "client"],
  bin: [
    "base",
    "linux",
    "oci",
    "store",
    "registry",
    "runtime",
    "network",
    "log-drivers",
    "build",
    "engine",
    "api",
    "client",
    "cli",
  ],
};

/** Folders of another layer of which the types may be imported, since types leave no code behind. */
const MAY_IMPORT_TYPES: Readonly<Record<string, readonly string[]>> = {
  linux: ["src/oci/"],
  client: ["src/api/wire/"],
  cli: ["src/api/wire/"],
};

/** Tables of the kernel's names, which make no call. */
const NAMES = ["src/linux/capability.ts", "src/linux/rlimit.ts", "src/linux/signal.ts"];

/** Single files of another layer that may be imported. */
const MAY_IMPORT_FILES: Readonly<Record<string, readonly string[]>> = { engine: NAMES };

/** Platform modules that belong to some layers. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "bun:ffi": ["linux"],
  "bun:sqlite": ["store"],
  "node:net": ["api", "runtime", "log-drivers", "library"],
  "node:dgram": ["log-drivers"],
  "node:http": ["api", "library"],
  "node:https": ["library"],
  "node:child_process": ["runtime", "bin"],
};

/** What only some layers may name, apart from modules. */
const WORDS: readonly { readonly word: RegExp; readonly layers: readonly string[] }[] = [
  { word: /\bprocess\.(env|argv|exit)\b/, layers: ["bin"] },
  { word: /\bconsole\./, layers: ["bin"] },
  { word: /\bBun\.spawn(Sync)?\(/, layers: ["runtime", "bin"] },
  { word: /\bfetch\(/, layers: ["registry", "client"] },
  { word: /\bBun\.serve\(/, layers: ["api"] },
  { word: /\bBun\.(listen|udpSocket)(<[^(]*>)?\(/, layers: ["api", "network"] },
];

const IMPORT = /\b(import|export)\s+(type\s)?[^;"]*?from\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g;

const sources = await Array.fromAsync(new Glob("src/**/*.ts").scan("."));
const files = sources.filter((file) => !file.endsWith(".test.ts")).sort();

test.each(files)("%s imports what its layer may", async (file) => {
  const wrong = importsOf(await Bun.file(file).text()).filter((used) => !isAllowed(file, used));
  expect(wrong).toEqual([]);
});

test.each(files)("%s leaves to other layers what is theirs", async (file) => {
  const code = withoutComments(await Bun.file(file).text());
  const wrong = WORDS.filter(({ layers }) => !layers.includes(layerOf(file)))
    .map(({ word }) => word.exec(code)?.[0])
    .filter((found) => found !== undefined);
  expect(wrong).toEqual([]);
});

test("no module has a name that says nothing, or gathers others", () => {
  const vague = /(^|[-/])(utils?|helpers?|common|misc|managers?)([-./]|$)|\/index\./;
  expect(sources.filter((file) => vague.test(file))).toEqual([]);
});

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function importsOf(code: string): readonly Import[] {
  return [...code.matchAll(IMPORT)].map(([, , type, from, plain]) => ({
    specifier: from ?? plain ?? "",
    typeOnly: type !== undefined,
  }));
}

function isAllowed(file: string, { specifier, typeOnly }: Import): boolean {
  const layer = layerOf(file);
  if (!specifier.startsWith(".")) return OWNERS[specifier]?.includes(layer) ?? true;

  const target = path.join(path.dirname(file), specifier);
  if (target.startsWith("package.json")) return true;
  if (layerOf(target) === layer || MAY_IMPORT[layer]?.includes(layerOf(target))) return true;
  if (MAY_IMPORT_FILES[layer]?.includes(target)) return true;
  return (
    typeOnly && (MAY_IMPORT_TYPES[layer]?.some((folder) => target.startsWith(folder)) ?? false)
  );
}

function layerOf(file: string): string {
  return file.split("/")[1] ?? "";
}

/** Comments may name anything. A `//` in a string, as in a URL, stays. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g, "");
}
