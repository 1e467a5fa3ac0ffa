import { expect, test } from "bun:test";
import { parseLogLines } from "./log-line.ts";

const line = (log: string) => `${JSON.stringify({ log, stream: "stdout", time: "t" })}\n`;

test.each([
  ["nothing", "", []],
  ["whole lines", line("a") + line("b"), ["a", "b"]],
  ["a torn one between others", `${line("a")}{"log":"to${line("b")}${line("c")}`, ["a", "c"]],
  ["a torn one at the end", `${line("a")}{"log":"to`, ["a"]],
  ["nothing but a torn one", "x", []],
  ["lines of something else", `\n7\n[]\n{"log":1}\n${line("a")}`, ["a"]],
])("parseLogLines() of %s", (_, text, expected) => {
  const entries = parseLogLines(Buffer.from(text));
  expect(entries.map((entry) => Buffer.from(entry.line).toString())).toEqual(expected);
});
