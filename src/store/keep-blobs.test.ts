import { expect, test } from "bun:test";
import { isKept, type KeepBlobs } from "./keep-blobs.ts";

const GZIP = { compression: "gzip", isRebuildable: true, isFetchable: false } as const;

test.each<[string, Parameters<typeof isKept>[1], Record<KeepBlobs, boolean>]>([
  ["compressed, from a file", GZIP, { auto: true, always: true, never: false }],
  [
    "compressed, of a registry",
    { ...GZIP, isFetchable: true },
    { auto: false, always: true, never: false },
  ],
  ["plain", { ...GZIP, compression: "none" }, { auto: false, always: true, never: false }],
  [
    "that could not be saved else",
    { compression: "none", isRebuildable: false, isFetchable: true },
    { auto: true, always: true, never: true },
  ],
])("an archive %s is kept by each choice as it says", (_, offer, wanted) => {
  const kept = (["auto", "always", "never"] as const).map((choice) => [
    choice,
    isKept(choice, offer),
  ]);
  expect(Object.fromEntries(kept)).toEqual(wanted);
});
