import { expect, test } from "bun:test";
import { startCannedApi } from "../../../test/support/canned-api.ts";
import { recordedIo } from "../../../test/support/recorded-io.ts";
import { runCli } from "../main.ts";

const FOUND = {
  kind: "layer-corrupt",
  subject: "sha256:ab",
  problem: "its digest is another one",
  remedy: "pull the image again",
  mended: false,
};
const COUNTS = { blobs: 1, layers: 2, images: 3, snapshots: 4, mounts: 5 };
const COUNTED = "Checked 1 blobs, 2 layers, 3 images, 4 snapshots, 5 mounts.\n";

async function check(options: string, lines: readonly unknown[]) {
  await using api = await startCannedApi({ "POST /system/check": { lines } });
  const io = recordedIo({ env: { SAMPAN_HOST: api.host } });
  const code = await runCli(["system", "check", ...options.split(" ").filter(Boolean)], io);
  return { code, out: io.out(), err: io.err(), asked: api.asked };
}

test("a store that is whole is told of, with exit code 0", async () => {
  const summary = { ...COUNTS, findings: 0, mended: 0 };
  const { code, out, err, asked } = await check("", [{ status: "Checking" }, { summary }]);
  expect([code, out, err]).toEqual([0, `${COUNTED}Nothing is wrong.\n`, ""]);
  expect(asked).toEqual(["POST /system/check"]);
});

test("what is wrong is told with its remedy, and is exit code 1", async () => {
  const summary = { ...COUNTS, findings: 1, mended: 0 };
  const { code, out } = await check("--deep", [{ finding: FOUND }, { summary }]);
  expect([code, out]).toEqual([
    1,
    `layer-corrupt: sha256:ab\n  its digest is another one\n  -> pull the image again\n${COUNTED}1 thing is wrong.\n`,
  ]);
});

test.each([
  [2, 0],
  [1, 1],
])("of two findings %i are mended: exit code %i", async (mended, wanted) => {
  const finding = { ...FOUND, mended: true };
  const lines = [{ finding }, { finding }, { summary: { ...COUNTS, findings: 2, mended } }];
  const { code, out, asked } = await check("--repair --deep", lines);
  expect(code).toBe(wanted);
  expect(out).toEndWith(`  -> mended\n${COUNTED}2 things are wrong; ${mended} mended.\n`);
  expect(asked).toEqual(["POST /system/check?deep=1&repair=1"]);
});

test("--format json passes the lines on", async () => {
  const lines = [{ finding: FOUND }, { summary: { ...COUNTS, findings: 1, mended: 0 } }];
  const { code, out } = await check("--format json", lines);
  expect([code, out]).toEqual([1, lines.map((line) => `${JSON.stringify(line)}\n`).join("")]);
});

test.each([
  ["", [{ error: "disk is gone" }], "disk is gone\n"],
  ["", [{ status: "Checking" }], "the daemon ended the check before its end\n"],
  ["--format yaml", [], 'invalid format "yaml": must be "json" where it is given\n'],
])("check %s with %j fails", async (options, lines, problem) => {
  const { code, err } = await check(options, lines);
  expect([code, err]).toEqual([1, problem]);
});
