import { expect, test } from "bun:test";
import { decode } from "dns-packet";
import { encodeQuery } from "../../../test/support/dns-client.ts";
import {
  encodeName,
  udpLimit,
  writeAnswer,
  writeFailure,
  writeRefusal,
  writeTruncated,
} from "./answer.ts";
import { type Query, RCODE, readQuery, TYPE } from "./query.ts";

const EDNS = {
  additionals: [{ type: "OPT", name: ".", udpPayloadSize: 1400, flags: 0x8000, options: [] }],
} as never as object;

function query(name: string, more: object = {}): Query {
  const read = readQuery(encodeQuery({ name, ...more }, 0xabcd));
  if (typeof read !== "object") throw new Error("The query is none");
  return read;
}

const addresses = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    type: TYPE.A,
    data: Uint8Array.of(10, 0, index >> 8, index & 255),
  }));

test("an answer has the query's id, question and flags, and the records", () => {
  const asked = query("WeB.MyNet", { flags: 0x110 });

  expect(decode(writeAnswer(asked, addresses(2), 512))).toMatchObject({
    id: 0xabcd,
    type: "response",
    rcode: "NOERROR",
    flag_aa: false,
    flag_tc: false,
    flag_rd: true,
    flag_ra: true,
    flag_cd: true,
    questions: [{ name: "WeB.MyNet", type: "A", class: "IN" }],
    answers: [
      { name: "WeB.MyNet", type: "A", class: "IN", ttl: 600, data: "10.0.0.0" },
      { name: "WeB.MyNet", type: "A", class: "IN", ttl: 600, data: "10.0.0.1" },
    ],
    additionals: [],
  });
});

test("who sends EDNS gets it back, with the DNSSEC bit", () => {
  expect(decode(writeAnswer(query("web", EDNS), [], 512)).additionals).toMatchObject([
    { type: "OPT", udpPayloadSize: 1232, flag_do: true, ednsVersion: 0 },
  ]);
});

test.each([
  [{}, 512],
  [EDNS, 1400],
])("an answer has as many records as fit: %j", (more, limit) => {
  const asked = query("web", more);
  expect(udpLimit(asked)).toBe(limit);

  const cut = writeAnswer(asked, addresses(500), limit);

  expect(cut.length).toBeLessThanOrEqual(limit);
  expect(cut.length).toBeGreaterThan(limit - 16);
  expect(decode(cut).flag_tc).toBe(true);
  expect(decode(writeAnswer(asked, addresses(4000), 0xffff))).toMatchObject({ flag_tc: false });
});

test("a failure repeats the question, and a refusal the id alone", () => {
  const failure = decode(writeFailure(query("web", EDNS), RCODE.SERVFAIL));
  const refusal = decode(writeRefusal(query("web").bytes, RCODE.FORMERR));

  expect(failure).toMatchObject({ rcode: "SERVFAIL", questions: [{ name: "web" }], answers: [] });
  expect(failure.additionals).toHaveLength(1);
  expect(refusal).toMatchObject({ id: 0xabcd, rcode: "FORMERR", questions: [], flag_qr: true });
});

test("what is left of a large answer says that it was larger, and what became of it", () => {
  const large = Buffer.from(writeFailure(query("web"), 3));

  expect(decode(writeTruncated(query("web"), large))).toMatchObject({
    flag_tc: true,
    rcode: "NXDOMAIN",
    answers: [],
  });
});

test.each([
  ["web.mynet", "\x03web\x05mynet\x00"],
  ["", undefined],
  ["a..b", undefined],
  ["web.", undefined],
  [`${"a".repeat(64)}.net`, undefined],
  [`${"a.".repeat(127)}b`, undefined],
])("encodeName(%j)", (name, expected) => {
  const bytes = encodeName(name);
  expect(bytes === undefined ? undefined : Buffer.from(bytes).toString("latin1")).toBe(expected);
});
