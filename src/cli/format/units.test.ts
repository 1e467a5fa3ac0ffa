import { expect, test } from "bun:test";
import {
  ellipsis,
  formatAge,
  formatBinarySize,
  formatDuration,
  formatMoment,
  formatSize,
  shortId,
} from "./units.ts";

test.each([
  [0, "0B"],
  [999, "999B"],
  [1000, "1kB"],
  [1_981_760, "1.982MB"],
  [1e9, "1GB"],
  [1.5e12, "1.5TB"],
])("formatSize(%d) is %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test("formatSize() with three digits rounds as C's %.3g does", () => {
  expect(formatSize(1_981_760, 3)).toBe("1.98MB");
  expect(formatSize(999_900, 3)).toBe("1e+03kB");
});

test("formatBinarySize() counts in 1024s", () => {
  expect(formatBinarySize(25_275_000_000)).toBe("23.54GiB");
});

test.each([
  [0.4, "Less than a second"],
  [1, "1 second"],
  [59, "59 seconds"],
  [60, "About a minute"],
  [119, "About a minute"],
  [120, "2 minutes"],
  [3599, "59 minutes"],
  [3600, "About an hour"],
  [7200, "2 hours"],
  [48 * 3600, "2 days"],
  [14 * 24 * 3600, "2 weeks"],
  [60 * 24 * 3600, "2 months"],
  [800 * 24 * 3600, "2 years"],
])("formatDuration(%d) is %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test("ages, moments, ids and cut texts read as Docker's", () => {
  expect(formatAge(100, 220_000)).toBe("2 minutes ago");
  expect(formatAge(0)).toBe("");
  expect(formatMoment(0)).toBe("1970-01-01 00:00:00 +0000 UTC");
  expect(shortId(`sha256:${"ab".repeat(32)}`)).toBe("abababababab");
  expect(ellipsis("abcdef", 4)).toBe("abc…");
  expect(ellipsis("abcd", 4)).toBe("abcd");
});
