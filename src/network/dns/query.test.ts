import { expect, test } from "bun:test";
import { encodeQuery } from "../../../test/support/dns-client.ts";
import { randomFrom } from "../../../test/support/random.ts";
import { type Query, RCODE, readQuery, TYPE } from "./query.ts";

const HEAD = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
const IN_A = [0, 1, 0, 1];

function message(head: readonly number[], ...rest: readonly number[]): Buffer {
  return Buffer.from([...head, ...rest]);
}

function read(bytes: Buffer): Query {
  const query = readQuery(bytes);
  if (typeof query !== "object") throw new Error(`It was refused with ${query}`);
  return query;
}

test.each([
  ["web", "web"],
  ["Web.MyNet", "web.mynet"],
  ["WEB.mynet.", "web.mynet"],
  [".", ""],
  [`${"a".repeat(63)}.b`, `${"a".repeat(63)}.b`],
])("the name %p is read as %p", (asked, name) => {
  expect(read(encodeQuery({ name: asked, recordType: "AAAA" }, 7))).toMatchObject({
    name,
    type: TYPE.AAAA,
    recordClass: 1,
    edns: undefined,
  });
});

test("a dot within a label is not one between labels, and other bytes stay what they are", () => {
  const { name } = read(message(HEAD, 3, 0x61, 0x2e, 0x62, 2, 0xff, 0x5b, 0, ...IN_A));

  expect(name).toBe("a\\b.\u00ff[");
});

test("EDNS is found behind other records", () => {
  const additionals = [
    { type: "A" as const, name: "x.example", data: "10.0.0.1" },
    { type: "OPT" as const, name: "." as const, udpPayloadSize: 4096, flags: 0x8000, options: [] },
  ];
  const bytes = encodeQuery({ name: "web", additionals } as never, 7);

  expect(read(bytes).edns).toEqual({ udpBytes: 4096, isDnssecOk: true });
});

test.each([
  ["no bytes", message([])],
  ["half a head", message(HEAD.slice(0, 11))],
  ["an answer", message([0, 7, 0x81, ...HEAD.slice(3)], 1, 0x61, 0, ...IN_A)],
])("%s is not answered at all", (_what, bytes) => {
  expect(readQuery(bytes)).toBeUndefined();
});

test.each([
  ["an update", RCODE.NOTIMP, message([0, 7, 0x29, 0, 0, 1, 0, 0, 0, 0, 0, 0], 0, ...IN_A)],
  ["no question", RCODE.FORMERR, message([0, 7, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
  [
    "two questions",
    RCODE.FORMERR,
    message([0, 7, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0], 0, ...IN_A, 0, ...IN_A),
  ],
  ["a name without an end", RCODE.FORMERR, message(HEAD, 3, 0x61, 0x62, 0x63)],
  ["a label that is cut off", RCODE.FORMERR, message(HEAD, 9, 0x61)],
  [
    "a label of 64 bytes",
    RCODE.FORMERR,
    message(HEAD, 64, ...Array<number>(64).fill(0x61), 0, ...IN_A),
  ],
  ["a name that points to itself", RCODE.FORMERR, message(HEAD, 0xc0, 12, ...IN_A)],
  ["a name that points to a zero", RCODE.FORMERR, message(HEAD, 0xc0, 0, ...IN_A)],
  [
    "a name of 257 bytes",
    RCODE.FORMERR,
    message(HEAD, ...Array<number[]>(128).fill([1, 0x61]).flat(), 0, ...IN_A),
  ],
  ["a type that is cut off", RCODE.FORMERR, message(HEAD, 1, 0x61, 0, 0, 1, 0)],
  ["a record that is not there", RCODE.FORMERR, message([...HEAD.slice(0, 11), 1], 0, ...IN_A)],
  [
    "records without number",
    RCODE.FORMERR,
    message([...HEAD.slice(0, 6), 255, 255, 255, 255, 255, 255], 0, ...IN_A),
  ],
  [
    "a record longer than all",
    RCODE.FORMERR,
    message([...HEAD.slice(0, 11), 1], 0, ...IN_A, 0, 0, 41, 2, 0, 0, 0, 0, 0, 255, 255),
  ],
])("%s is refused", (_what, rcode, bytes) => {
  expect(readQuery(bytes)).toBe(rcode);
});

test("a name of 255 bytes is the longest", () => {
  const labels = Array<number[]>(127).fill([1, 0x61]).flat();

  expect(read(message(HEAD, ...labels, 0, ...IN_A)).name).toHaveLength(253);
});

test("whatever bytes come, they are a query or are refused", () => {
  const random = randomFrom(53);
  const seed = encodeQuery({ name: "web.mynet.example" }, 7);
  for (let round = 0; round < 50_000; round++) {
    const bytes = Buffer.from(seed.subarray(0, random.below(seed.length + 1)));
    for (let change = random.below(6); change > 0 && bytes.length > 0; change--) {
      bytes[random.below(bytes.length)] = random.below(256);
    }

    const query = readQuery(bytes);

    if (typeof query === "object") expect(query.questionEnd).toBeLessThanOrEqual(bytes.length);
  }
});
