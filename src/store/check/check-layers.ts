import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Slices } from "../../base/slices.ts";
import { Digester } from "../../oci/digest.ts";
import type { LayerRow } from "../layer-records.ts";
import { layerPaths } from "../unpack-layer.ts";
import { describeUsers } from "./describe-users.ts";
import type { CheckContext, Finding, FindingKind } from "./finding.ts";
import { mendLayer } from "./mend-layer.ts";

/** Unpacked layers: rows and directories belong together, and files must give the layer's digest. */
export async function* checkLayers(context: CheckContext): AsyncGenerator<Finding> {
  yield* findOrphans(context);
  for (const { chainId } of context.store.layers.list()) {
    // It may have gone while another one was read.
    const row = context.store.layers.find(chainId);
    const finding = row === undefined ? undefined : await checkLayer(context, row);
    if (finding !== undefined) yield finding;
  }
}

function* findOrphans({ store }: CheckContext): Generator<Finding> {
  const { layers, trash } = store;
  for (const { chainId } of layers.listUnused()) {
    const mend = () => layers.discard(layers.collect(chainId)) >= 0;
    const problem = "no image, container or other layer needs it";
    yield { kind: "layer-unused", subject: chainId, problem, remedy: "--repair removes it", mend };
  }
  const directory = join(store.dataRoot, "layers");
  const known = new Set(["0", ...layers.list().map(({ key }) => String(key))]);
  for (const name of readdirSync(directory)) {
    if (known.has(name)) continue;
    const path = join(directory, name);
    const mend = () => {
      trash.throwAway(path);
      return true;
    };
    const problem = "the database knows no layer of this name";
    yield { kind: "layer-orphaned", subject: path, problem, remedy: "--repair removes it", mend };
  }
}

async function checkLayer(context: CheckContext, row: LayerRow): Promise<Finding | undefined> {
  const { diff, recipe } = layerPaths(context.store.layers.homeOf(row.key));
  if (!existsSync(diff)) {
    return broken(context, row, { kind: "layer-missing", problem: `"${diff}" is missing` });
  }
  if (row.tarBytes === null) return undefined;
  if (!existsSync(recipe)) {
    return broken(context, row, { kind: "recipe-missing", problem: `"${recipe}" is missing` });
  }
  if (!context.isDeep) return undefined;
  const problem = await findDamage(context, row);
  return problem === undefined
    ? undefined
    : broken(context, row, { kind: "layer-damaged", problem });
}

/** Makes the archive again; its digest says whether the files are those that came. */
async function findDamage({ store }: CheckContext, row: LayerRow): Promise<string | undefined> {
  using _hold = store.layers.hold(row.chainId);
  const digester = new Digester();
  const slices = new Slices();
  try {
    for await (const chunk of store.layers.rebuild(row)) {
      digester.update(chunk);
      await slices.pause();
    }
  } catch (cause) {
    return `its archive cannot be made again: ${cause instanceof Error ? cause.message : cause}`;
  }
  const actual = digester.digest();
  if (actual === row.diffId) return undefined;
  return `its files give ${actual}, and not ${row.diffId}`;
}

function broken(
  context: CheckContext,
  row: LayerRow,
  found: { readonly kind: FindingKind; readonly problem: string },
): Finding {
  const remedy = describeUsers(context.store, row.chainId);
  return { ...found, subject: row.diffId, remedy, mend: () => mendLayer(context, row) };
}
