import { expect, test } from "bun:test";
import { encodePathStat, toGoMode } from "./path-stat.ts";

test.each<[string, number, number]>([
  ["a file", 0o100644, 0o644],
  ["a directory", 0o040755, 2147484141],
  ["a link", 0o120777, 134218239],
  ["a pipe", 0o010644, 33554852],
  ["a character device", 0o020620, 69206416],
  ["a block device", 0o060660, 67109296],
  ["a socket", 0o140755, 16777709],
  ["a directory for all", 0o041777, 2148532735],
  ["set-user-id", 0o104755, 8389101],
  ["set-group-id", 0o102755, 4194797],
])("the mode of %s is Go's", (_what, mode, expected) => {
  expect(toGoMode(mode)).toBe(expected);
});

test("the header is what Docker's clients take apart", () => {
  const header = encodePathStat({
    name: "é",
    sizeBytes: 4096,
    mode: 0o040700,
    modifiedNs: 1_500_000_000n,
    linkTarget: "",
  });
  expect(JSON.parse(Buffer.from(header, "base64").toString())).toEqual({
    name: "é",
    size: 4096,
    mode: 2147484096,
    mtime: "1970-01-01T00:00:01.5Z",
    linkTarget: "",
  });
});
