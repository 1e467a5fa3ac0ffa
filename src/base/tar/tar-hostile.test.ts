import { describe, expect, test } from "bun:test";
import { forgeHeader, readTar, tarEntry } from "../../../test/support/tar.ts";
import { encodePax } from "./tar-pax.ts";

describe("a hostile archive is refused", () => {
  const plain = tarEntry({ name: "victim" });
  const END = Buffer.alloc(1024);
  const pax = (body: Buffer | string, after = forgeHeader(plain, () => undefined)) => {
    const bytes = Buffer.from(body as string, "latin1");
    const head = tarEntry({ name: "pax", size: bytes.length });
    return Buffer.concat([forgeHeader(head, (block) => block.write("x", 156), bytes), after, END]);
  };
  const record = (key: string, value: string) => pax(encodePax([[key, value]]));
  const gnuSparse = (offset: string, length: string, size: string) =>
    forgeHeader(
      tarEntry({ name: "s", size: 512 }),
      (block) => {
        block.write("S", 156);
        block.write("ustar  \0", 257, "latin1");
        block.write(offset.padStart(11, "0"), 386, "latin1");
        block.write(length.padStart(11, "0"), 398, "latin1");
        block.write(size.padStart(11, "0"), 483, "latin1");
      },
      Buffer.alloc(512),
    );
  const one = (map: string, size = "10") =>
    pax(
      encodePax([
        ["GNU.sparse.major", "1"],
        ["GNU.sparse.minor", "0"],
        ["GNU.sparse.realsize", size],
      ]),
      forgeHeader(
        tarEntry({ name: "s", size: 1024 }),
        () => undefined,
        Buffer.from(map.padEnd(1024, "\0")),
      ),
    );

  test.each<[string, Buffer, RegExp]>([
    ["that is no tar", Buffer.from("not a tar".padEnd(1024, "!")), /no tar header at byte 0/],
    [
      "with a wrong checksum",
      Buffer.from(forgeHeader(plain, () => undefined)).fill("x", 0, 1),
      /checksum/,
    ],
    ["with a size in letters", forgeHeader(plain, (b) => b.write("zzz", 124)), /no octal number/],
    ["with a negative size", forgeHeader(plain, (b) => b.fill(0xff, 124, 136)), /size -1/],
    [
      "with a size above all files",
      forgeHeader(plain, (b) => {
        b.fill(0, 124, 136);
        b[124] = 0x80;
        b.fill(0xff, 128, 136);
      }),
      /the size 18446744073709551615/,
    ],
    ["with a negative id", forgeHeader(plain, (b) => b.fill(0xff, 108, 116)), /user id -1/],
    ["with the id that chown ignores", record("uid", "4294967295"), /highest is 4294967294/],
    ["with an id in letters", record("gid", "root"), /has gid "root"/],
    ["of an unknown type", forgeHeader(plain, (b) => b.write("Z", 156)), /is of type "Z"/],
    [
      "with a device above the kernel's",
      forgeHeader(tarEntry({ name: "dev", kind: "block" }), (b) => b.write("7777777", 329)),
      /is device 2097151:0/,
    ],
    ["with a NUL in a name", record("path", "a\0b"), /has a NUL/],
    [
      "with a NUL in a link",
      pax(
        encodePax([["linkpath", "a\0b"]]),
        forgeHeader(tarEntry({ name: "l", kind: "symlink" }), () => undefined),
      ),
      /has a NUL/,
    ],
    [
      "with a name that no path has room for",
      record("path", "n".repeat(5000)),
      /a name has 5000 bytes/,
    ],
    [
      "with a PAX header of a gigabyte",
      forgeHeader(tarEntry({ name: "x", size: 1 << 30 }), (b) => b.write("x", 156)),
      /PAX or GNU header has 1073741824 bytes/,
    ],
    [
      "with a long name of a gigabyte",
      forgeHeader(tarEntry({ name: "x", size: 1 << 30 }), (b) => b.write("L", 156)),
      /PAX or GNU header has 1073741824 bytes/,
    ],
    ["with a PAX length of nothing", pax("0 path=x\n"), /PAX header is broken/],
    ["with a PAX length that is too long", pax("99 path=x\n"), /PAX header is broken/],
    ["with a PAX length that is no number", pax("1e path=x\n"), /PAX header is broken/],
    ["with a PAX record without a value", pax("9 nothing\n"), /PAX header is broken/],
    ["with a PAX record without a key", pax("6 =xy\n"), /PAX header is broken/],
    ["with a PAX time in letters", record("mtime", "soon"), /the time "soon"/],
    ["with a PAX time of 10^30 seconds", record("mtime", `1${"0".repeat(30)}`), /the time/],
    ["with a PAX size below nothing", record("size", "-5"), /has size "-5"/],
    ["that ends after a PAX header", Buffer.concat([pax("", Buffer.alloc(0))]), /ends after a PAX/],
    [
      "that goes on after half of its end",
      Buffer.concat([Buffer.alloc(512), forgeHeader(plain, () => undefined)]),
      /goes on after/,
    ],
    [
      "with a sparse map that leaves the file",
      gnuSparse("777", "1000", "1000"),
      /overlap or leave/,
    ],
    [
      "with a sparse map for other content",
      gnuSparse("0", "10", "1000"),
      /is for 8 bytes, and 512/,
    ],
    [
      "with half a pair in a sparse map",
      record("GNU.sparse.map", "1").fill(0) &&
        pax(
          encodePax([
            ["GNU.sparse.size", "9"],
            ["GNU.sparse.map", "1"],
          ]),
        ),
      /map of a sparse file is broken/,
    ],
    ["with a sparse map in letters", one("many\n"), /map of a sparse file "many"/],
    [
      "with a sparse map of a million million parts",
      one("999999999999\n0\n"),
      /999999999999 stretches/,
    ],
    ["with a sparse map that does not end", one("1000\n".padEnd(1024, "5\n")), /does not end/],
    [
      "with a sparse map without a line's end",
      one("1".repeat(1024)),
      /(broken|map of a sparse file)/,
    ],
  ])("%s", (_what, archive, message) => {
    const error = expect.objectContaining({
      kind: "invalid",
      message: expect.stringMatching(message),
    });
    expect(() => readTar(archive)).toThrow(error);
    expect(() => readTar(archive, 100)).toThrow(error);
  });
});
