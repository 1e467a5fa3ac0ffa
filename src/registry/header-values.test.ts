import { expect, test } from "bun:test";
import {
  findContentLength,
  findContentRange,
  findNextLink,
  findRetryAfterMs,
  findUploadedBytes,
} from "./header-values.ts";

test.each<[string | null, string | undefined]>([
  [null, undefined],
  ["", undefined],
  ['</v2/a/tags/list?n=2&last=b>; rel="next"', "/v2/a/tags/list?n=2&last=b"],
  ["</x>;rel=next", "/x"],
  ['</x>; title="a, b"; rel="prev next"', "/x"],
  ['</first>; rel="first", </x>; rel="next"', "/x"],
  ['<https://host/x>; REL="Next"', "https://host/x"],
  ['</x>; rel="nextish"', undefined],
  ["</x>; rel=nextish", undefined],
  ['</x>; norel="next"', undefined],
  ["/x; rel=next", undefined],
  [`<${"x".repeat(10_000)}>; rel="next"`, undefined],
  [`${"<x>;".repeat(2000)}`, undefined],
])("the next link of %j is %j", (header, wanted) => {
  expect(findNextLink(header)).toBe(wanted);
});

test.each<[string | null, ReturnType<typeof findContentRange>]>([
  [null, undefined],
  ["bytes 0-4/10", { first: 0, last: 4, total: 10 }],
  ["Bytes 5-9/*", { first: 5, last: 9, total: undefined }],
  ["bytes */10", undefined],
  ["bytes 9-5/10", undefined],
  ["bytes -1-5/10", undefined],
  ["items 0-4/10", undefined],
  ["bytes 0-99999999999999999999/10", undefined],
])("the content range %j is %j", (header, wanted) => {
  expect(findContentRange(header)).toEqual(wanted);
});

test.each([
  [null, undefined],
  ["0-0", 0],
  ["0-99", 100],
  ["bytes=0-99", 100],
  ["5-99", undefined],
  ["0--1", undefined],
  ["nonsense", undefined],
])("the range %j of an upload means %j bytes", (header, wanted) => {
  expect(findUploadedBytes(header)).toBe(wanted);
});

test.each([
  [null, undefined],
  ["0", 0],
  ["12", 12],
  ["-1", undefined],
  ["1e3", undefined],
  ["12, 12", undefined],
  ["99999999999999999999", undefined],
])("the content length %j is %j", (header, wanted) => {
  expect(findContentLength(header)).toBe(wanted);
});

test.each([
  [null, undefined],
  ["", undefined],
  ["0", 0],
  ["120", 120_000],
  [" 5 ", 5000],
  ["-5", undefined],
  ["soon", undefined],
  ["Thu, 01 Jan 1970 00:01:00 GMT", 59_000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
])("the retry-after %j, seen a second after the epoch, is %j ms", (header, wanted) => {
  expect(findRetryAfterMs(header, 1000)).toBe(wanted);
});
