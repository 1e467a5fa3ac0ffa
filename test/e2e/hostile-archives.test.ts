// Archives that are cut off or mean harm, through the real API: an error, and nothing in or out of the store.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { ApiUser } from "../support/api-user.ts";
import { ensureBusyboxArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { makeTar, tarDirectory, tarFile, tarLink, tarSymlink } from "../support/tar.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

let daemon: TestDaemon;
let user: ApiUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
  user = new ApiUser(daemon);
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

const VICTIM = "/var/tmp/st-victim";

describe("an archive is refused, and leaves nothing:", () => {
  const rows: readonly (readonly [name: string, make: () => Promise<Uint8Array>])[] = [
    ["cut off in a file", async () => (await busybox()).subarray(0, 100_000)],
    [
      "cut off in gzip",
      async () => gzipSync((await busybox()).subarray(0, 1 << 20)).subarray(0, 5000),
    ],
    ["text", async () => Buffer.from("no archive ".repeat(500))],
    ["a broken checksum", async () => breakByte(await makeTar([tarFile({ name: "a" }, "b")]), 1)],
    ["a link to a file outside", () => makeTar([tarLink("a", "../../../../../etc/passwd")])],
  ];
  for (const [name, make] of rows) {
    for (const path of ["/images/create?fromSrc=-&repo=hostile", "/images/load"]) {
      test(`${name}: ${path}`, async () => {
        const before = listStore();
        const { status, text } = await user.ask("POST", path, await make());
        const error =
          status === 200 ? (JSON.parse(text.trim().split("\n").at(-1) ?? "{}").error ?? "") : text;
        expect(error).not.toBe("");
        expect((await user.ask("GET", "/images/hostile/json")).status).toBe(404);
        await waitUntil("the trash is empty", () => !listStore().join().includes("trash-"));
        expect(listStore()).toEqual(before);
        expect(existsSync(VICTIM)).toBe(false);
      });
    }
  }
});

describe("what an archive says of places elsewhere stays inside:", () => {
  const rows: readonly (readonly [name: string, make: () => Promise<Uint8Array>])[] = [
    [
      "a name that climbs out",
      () => withFirst([tarFile({ name: `../../../../..${VICTIM}` }, "x")]),
    ],
    ["an absolute name", () => withFirst([tarFile({ name: VICTIM }, "x")])],
    [
      "a file through an absolute link",
      () => withFirst([tarSymlink("out", "/var/tmp"), tarFile({ name: "out/st-victim" }, "x")]),
    ],
    [
      "a file through a link that climbs",
      () =>
        withFirst([
          tarSymlink("out", "../../../../../../var/tmp"),
          tarFile({ name: "out/st-victim" }, "x"),
        ]),
    ],
    [
      "a directory in the place of a link",
      () =>
        withFirst([
          tarSymlink("d", "/var/tmp"),
          tarDirectory("d"),
          tarFile({ name: "d/st-victim" }, "x"),
        ]),
    ],
  ];
  for (const [name, make] of rows) {
    test(name, async () => {
      const { text } = await user.ask("POST", "/images/create?fromSrc=-&repo=odd", await make());
      expect(existsSync(VICTIM)).toBe(false);
      if (!text.includes('"error"') && !text.includes('"message"')) {
        await user.json("DELETE", "/images/odd");
      }
    });
  }
});

async function busybox(): Promise<Buffer> {
  return Buffer.from(await Bun.file(await ensureBusyboxArchive()).bytes());
}

function withFirst(files: Parameters<typeof makeTar>[0]): Promise<Buffer> {
  return makeTar([tarFile({ name: "first" }, "of all"), ...files]);
}

function breakByte(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

function listStore(): readonly string[] {
  return readdirSync(daemon.dataRoot, { recursive: true }).map(String).sort();
}
