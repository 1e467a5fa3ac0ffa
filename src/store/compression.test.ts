import { expect, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { inPieces } from "../../test/support/tar.ts";
import { type Compression, decompress, sniff } from "./compression.ts";

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, i) => ((i * i) >> 3) & 255));
const SKIPPABLE = Buffer.from("502a4d1804000000aabbccdd", "hex");

interface Packed {
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

const twice = (bytes: Uint8Array) => Buffer.concat([bytes, bytes]);

async function decompressed(bytes: Uint8Array, size = 1000): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(decompress(await sniff(inPieces(bytes, size)))));
}

test.each<[string, Compression, Packed]>([
  ["plain bytes", "none", { bytes: CONTENT, content: CONTENT }],
  ["nothing at all", "none", { bytes: Buffer.alloc(0), content: Buffer.alloc(0) }],
  ["a few bytes", "none", { bytes: Buffer.from("abc"), content: Buffer.from("abc") }],
  ["gzip", "gzip", { bytes: gzipSync(CONTENT), content: CONTENT }],
  ["gzip in two members", "gzip", { bytes: twice(gzipSync(CONTENT)), content: twice(CONTENT) }],
  ["zstd", "zstd", { bytes: zstdCompressSync(CONTENT), content: CONTENT }],
  [
    "zstd in frames, some without content",
    "zstd",
    {
      bytes: twice(Buffer.concat([SKIPPABLE, zstdCompressSync(CONTENT)])),
      content: twice(CONTENT),
    },
  ],
])("%s is known as %s and decompressed", async (_what, compression, { bytes, content }) => {
  expect((await sniff(inPieces(bytes, 1))).compression).toBe(compression);
  for (const size of [1, 7, 4096, 1 << 20]) {
    expect((await decompressed(bytes, size)).equals(content)).toBe(true);
  }
});

test.each([
  ["bzip2", Buffer.from("BZh91AY")],
  ["xz", Buffer.from("fd377a585a0000", "hex")],
])("%s is refused with what to do", async (name, bytes) => {
  await expect(sniff(inPieces(bytes))).rejects.toMatchObject({
    kind: "invalid",
    message: expect.stringContaining(`it is compressed with ${name}`),
  });
});

const ENCODERS: Record<"gzip" | "zstd", (bytes: Buffer) => Buffer> = {
  gzip: gzipSync,
  zstd: zstdCompressSync,
};

test.each(["gzip", "zstd"] as const)("a %s stream that is cut off is invalid", async (name) => {
  const cut = ENCODERS[name](CONTENT).subarray(0, -3);

  await expect(decompressed(cut)).rejects.toMatchObject({
    kind: "invalid",
    message: expect.stringContaining(`Cannot decompress the ${name} stream`),
  });
});

test.each(["gzip", "zstd"] as const)(
  "what the source of a %s stream throws comes through",
  async (name) => {
    async function* failing() {
      yield ENCODERS[name](CONTENT).subarray(0, 400);
      throw new Error("the client is gone");
    }

    await expect(Array.fromAsync(decompress(await sniff(failing())))).rejects.toThrow(
      "the client is gone",
    );
  },
);

test.each([
  ["plain", (bytes: Buffer) => bytes],
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
])("a %s source is closed when its reader stops early", async (_what, encode) => {
  let isClosed = false;
  async function* endless() {
    try {
      for (;;) yield encode(CONTENT);
    } finally {
      isClosed = true;
    }
  }
  for await (const _ of decompress(await sniff(endless()))) break;

  expect(isClosed).toBe(true);
});
