import { expect, test } from "bun:test";
import { posix as path } from "node:path";
import { Glob } from "bun";

/** Which layer may import which. A layer that is not named on the right is out of reach. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  linux: ["base"],
  oci: ["base"],
  store: ["base", "linux", "oci"],
  runtime: ["base", "linux", "oci"],
  engine: ["base", "oci", "store", "runtime"],
  api: ["base", "oci", "engine"],
  bin: ["base", "linux", "oci", "store", "runtime", "engine", "api"],
};

/** Platform modules that belong to one layer. */
const OWNER: Readonly<Record<string, string>> = {
  "bun:ffi": "linux",
  "bun:sqlite": "store",
  "node:net": "api",
};

const IMPORT = /\b(?:from|import)\s*\(?\s*"([^"]+)"/g;
const files = await Array.fromAsync(new Glob("src/**/*.ts").scan("."));

test.each(files.filter((file) => !file.endsWith(".test.ts")))(
  "%s stays in its layer",
  async (file) => {
    const layer = layerOf(file);
    const specifiers = [...(await Bun.file(file).text()).matchAll(IMPORT)].map(
      (match) => match[1] ?? "",
    );
    const wrong = specifiers.filter((specifier) => {
      if (!specifier.startsWith(".")) return (OWNER[specifier] ?? layer) !== layer;
      const target = layerOf(path.join(path.dirname(file), specifier));
      return target !== layer && !MAY_IMPORT[layer]?.includes(target);
    });

    expect(wrong).toEqual([]);
  },
);

function layerOf(file: string): string {
  return file.split("/")[1] ?? "";
}
