import { expect, test } from "bun:test";
import { LogEncoder, type LogShown } from "./log-output.ts";

const TIME = "2026-01-02T03:04:05.123456789Z";
const ALL = { stdout: true, stderr: true, raw: true } as const;

const entry = (log: string, extra: object = {}) =>
  `${JSON.stringify({ log, stream: "stdout", ...extra, time: TIME })}\n`;

function shown(lines: string, options: Partial<LogShown> = {}): string {
  const encoded = new LogEncoder({ ...ALL, ...options }).encode(Buffer.from(lines));
  return Buffer.from(encoded).toString();
}

test.each([
  "plain\n",
  "\n",
  "",
  "no end",
  "crlf\r\n",
  'a "quoted" one\n',
  "back\\slash\n",
  'ends in \\"\n',
  '","stream":"stderr","time":"2026-01-02T03:04:05.123456789Z"}\n',
  "ünïcode 🐳\n",
  "tab\tand \u0001\n",
  "two\nlines\n",
  "\ufffd\n",
  "x".repeat(16_384),
])("the text %j is shown as it is", (text) => {
  expect(shown(entry(text))).toBe(text);
});

test("each entry is in a frame of its own, of its stream", () => {
  const lines = entry("out\n") + entry("err\n", { stream: "stderr" });

  expect(shown(lines, { raw: false })).toBe("\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n");
  expect(shown(lines, { stdout: false })).toBe("err\n");
  expect(shown(lines, { stderr: false })).toBe("out\n");
});

test.each(["plain\n", 'with "quotes"\n'])("times and details come before %j", (text) => {
  const attrs = { tag: "a b", "com.example/x": "1,2=(3)" };

  expect(shown(entry(text), { timestamps: true })).toBe(`${TIME} ${text}`);
  expect(shown(entry(text), { details: true })).toBe(` ${text}`);
  expect(shown(entry(text, { attrs }), { timestamps: true, details: true })).toBe(
    `${TIME} com.example%2Fx=1%2C2%3D%283%29,tag=a+b ${text}`,
  );
  expect(shown(entry(text, { attrs }))).toBe(text);
});

test.each<[Partial<LogShown>, string]>([
  [{ since: 1_767_323_045_123_456_789n }, "x\n"],
  [{ since: 1_767_323_045_123_456_790n }, ""],
  [{ until: 1_767_323_045_123_456_789n }, "x\n"],
  [{ until: 1_767_323_045_123_456_788n }, ""],
])("with %p comes %j", (options, expected) => {
  expect(shown(entry("x\n"), options)).toBe(expected);
});

test("what is torn, corrupt or of others' writing does no harm", () => {
  const lines = [
    `{"log":"torn{"log":"x\\n","stream":"stdout","time":"${TIME}"}\n`,
    `{"log":"x\\n","stream":"stdxxx","time":"${TIME}"}\n`,
    "\n",
    "{}\n",
    `{"stream":"stderr","log":"docker's\\n","time":"2026-01-02T03:04:05.1Z"}\n`,
  ];

  expect(shown(lines.join(""))).toBe("docker's\n");
});
