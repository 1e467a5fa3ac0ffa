import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { inPieces } from "../../../../test/support/tar.ts";
import { gzipInParallel } from "./parallel-gzip.ts";

async function gzip(bytes: Uint8Array, size: number): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(gzipInParallel(inPieces(bytes, size))));
}

test.each([0, 1, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 9 << 20])(
  "%p bytes come back from gzipInParallel()",
  async (length) => {
    const bytes = randomBytes(length);
    expect(gunzipSync(await gzip(bytes, 65_536)).equals(bytes)).toBe(true);
  },
);

test("gzipInParallel() gives the same bytes however they come in", async () => {
  const bytes = Buffer.from("a layer ".repeat(1 << 20));
  expect((await gzip(bytes, 1000)).equals(await gzip(bytes, 1 << 20))).toBe(true);
});

test("gzipInParallel() fails with its source, and not before its turn", async () => {
  async function* failing() {
    yield Buffer.alloc(5 << 20);
    throw new Error("the disk is gone");
  }
  await expect(Array.fromAsync(gzipInParallel(failing()))).rejects.toThrow("the disk is gone");
});
