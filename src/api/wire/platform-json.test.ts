import { expect, test } from "bun:test";
import { decodePlatform, queryPlatform } from "./platform-json.ts";

test("a platform is read from OCI's JSON", () => {
  expect(decodePlatform('{"os":"Linux","architecture":"arm64","variant":"v8"}')).toEqual({
    os: "linux",
    architecture: "arm64",
    variant: "v8",
  });
});

test.each([
  ["linux/amd64", "failed to parse platform"],
  ["[]", "failed to parse platform"],
  ["null", "failed to parse platform"],
  ['{"os":1,"architecture":"x"}', "failed to parse platform"],
  ['{"os":"linux"}', "both OS and Architecture must be provided"],
  ["{}", "both OS and Architecture must be provided"],
  ['{"variant":"v8"}', "optional platform fields provided, but OS and Architecture are missing"],
])("%s is refused", (text, message) => {
  expect(() => decodePlatform(text)).toThrow(message);
});

test("an older API does not know of it", () => {
  const query = new URLSearchParams({ platform: "nonsense" });
  expect(queryPlatform(query, { since: 49, version: 48 })).toBeUndefined();
  expect(() => queryPlatform(query, { since: 49, version: 49 })).toThrow("failed to parse");
});
