import { expect, test } from "bun:test";
import { chooseForPlatform, fitsPlatform, formatPlatform, parsePlatform } from "./platform.ts";

test.each([
  ["linux/amd64", "linux/amd64"],
  ["Linux/X86_64", "linux/amd64"],
  ["arm64", "linux/arm64"],
  ["aarch64", "linux/arm64"],
  ["linux/arm/v7", "linux/arm/v7"],
])("%s is %s", (text, expected) => {
  expect(formatPlatform(parsePlatform(text))).toBe(expected);
});

test.each(["", "linux/", "/amd64", "a/b/c/d", "a b", "linux/amd64/v1/x"])("%j is none", (text) => {
  expect(() => parsePlatform(text)).toThrow(`"${text}" is an invalid OS/architecture`);
});

test.each([
  ["linux/arm/v7", "linux/arm/v7", true],
  ["linux/arm", "linux/arm/v7", true],
  ["linux/arm/v6", "linux/arm", true],
  ["linux/arm/v6", "linux/arm/v7", false],
  ["windows/amd64", "linux/amd64", false],
])("%s fits where %s is asked for: %p", (offered, wanted, expected) => {
  expect(fitsPlatform(parsePlatform(offered), parsePlatform(wanted))).toBe(expected);
});

test.each([
  [["linux/arm64", "linux/amd64"], "linux/amd64", 1],
  [["linux/arm/v6", "linux/arm/v7"], "linux/arm/v7", 1],
  [["linux/arm", "linux/arm/v7"], "linux/arm/v7", 1],
  [["linux/arm/v6", "linux/arm/v7"], "linux/arm", 0],
  [["linux/amd64", "linux/amd64"], "linux/amd64", 0],
  [["", "linux/amd64"], "linux/amd64", 1],
  [["linux/arm64", ""], "linux/amd64", 1],
  [["linux/arm64"], "linux/amd64", undefined],
  [[], "linux/amd64", undefined],
])("of %j for %s number %p is taken", (offered, wanted, expected) => {
  const items = offered.map((text, number) => ({
    number,
    ...(text === "" ? {} : { platform: parsePlatform(text) }),
  }));
  expect(chooseForPlatform(items, parsePlatform(wanted))?.number).toBe(expected);
});
