import { expect, test } from "bun:test";
import { constants } from "node:os";
import { parseSignal, SIG, signalName } from "./signal.ts";

test.each([
  ["SIGTERM", 15],
  ["term", 15],
  ["sigTerm", 15],
  ["15", 15],
  ["+9", 9],
  ["015", 15],
  ["SIGIOT", 6],
  ["CLD", 17],
  ["POLL", 29],
  ["RTMIN", 34],
  ["SIGRTMIN+3", 37],
  ["rtmin+15", 49],
  ["RTMAX-14", 50],
  ["RTMAX", 64],
  ["64", 64],
])("parseSignal(%j) is %i", (text, number) => {
  expect(parseSignal(text)).toBe(number);
});

test.each([
  "",
  "0",
  "-0",
  "x",
  "SIG",
  "SIGSIGTERM",
  "RTMIN+16",
  "RTMAX-15",
  "RTMIN+0",
  "1e1",
  "99999999999999999999",
  " 9",
  "9 ",
])("parseSignal(%j) is refused in Docker's words", (text) => {
  expect(() => parseSignal(text)).toThrow(`invalid signal: ${text}`);
});

test.each(["32", "33", "65", "-9", "4294967305"])(
  "parseSignal(%j) is no signal of Linux",
  (text) => {
    expect(() => parseSignal(text)).toThrow(`the linux daemon does not support signal ${text}`);
  },
);

test("the names and numbers are the C library's", () => {
  expect(SIG).toMatchObject(omitAliases(constants.signals));
});

test("signalName() undoes parseSignal() for every signal", () => {
  const numbers = Array.from({ length: 64 }, (_, index) => index + 1).filter(
    (n) => n !== 32 && n !== 33,
  );

  expect(numbers.map((number) => parseSignal(signalName(number)))).toEqual(numbers);
});

test("signalName() falls back to the number", () => {
  expect(signalName(32)).toBe("32");
});

function omitAliases({ SIGIOT, SIGPOLL, ...signals }: NodeJS.Dict<number>): NodeJS.Dict<number> {
  // Windows' names are in Node's type and, on some builds, in the object.
  return Object.fromEntries(Object.entries(signals).filter(([name]) => name in SIG));
}
