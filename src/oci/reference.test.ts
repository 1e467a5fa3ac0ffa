import { expect, test } from "bun:test";
import {
  familiarReference,
  familiarRepository,
  formatReference,
  parseReference,
  repositoryOf,
  withDefaultTag,
} from "./reference.ts";
import { matchesReference } from "./reference-pattern.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;

test.each([
  ["busybox", "docker.io/library/busybox", "busybox"],
  ["busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"],
  ["docker.io/busybox", "docker.io/library/busybox", "busybox"],
  ["index.docker.io/library/busybox", "docker.io/library/busybox", "busybox"],
  ["user/app", "docker.io/user/app", "user/app"],
  ["library/a/b", "docker.io/library/a/b", "library/a/b"],
  ["localhost/app", "localhost/app", "localhost/app"],
  ["host:5000/app:v1", "host:5000/app:v1", "host:5000/app:v1"],
  ["quay.io/a/b/c", "quay.io/a/b/c", "quay.io/a/b/c"],
  ["[::1]:5000/app", "[::1]:5000/app", "[::1]:5000/app"],
  ["Host/app", "Host/app", "Host/app"],
  ["a__b/c-----d.e_f", "docker.io/a__b/c-----d.e_f", "a__b/c-----d.e_f"],
  [`app@${DIGEST}`, `docker.io/library/app@${DIGEST}`, `app@${DIGEST}`],
  [`app:1@${DIGEST}`, `docker.io/library/app@${DIGEST}`, `app@${DIGEST}`],
])("parseReference(%p) is %s, and shown as %s", (text, full, familiar) => {
  const reference = parseReference(text);

  expect(formatReference(reference)).toBe(full);
  expect(familiarReference(reference)).toBe(familiar);
  expect(parseReference(full)).toEqual(parseReference(familiar));
});

const FORMAT = "invalid reference format";
test.each([
  ["", FORMAT],
  [":tag", FORMAT],
  ["app:", FORMAT],
  ["app:-x", FORMAT],
  [`app:${"t".repeat(129)}`, FORMAT],
  ["app:a:b", FORMAT],
  ["/app", FORMAT],
  ["app/", FORMAT],
  ["a//b", FORMAT],
  ["-app", FORMAT],
  ["a___b", FORMAT],
  ["a..b", FORMAT],
  ["app\n", FORMAT],
  ["app name", FORMAT],
  ["../app", FORMAT],
  ["app@", FORMAT],
  ["app@sha256:abc", FORMAT],
  ["App", "invalid reference format: repository name (library/App) must be lowercase"],
  ["user/App:X", "invalid reference format: repository name (user/App) must be lowercase"],
  ["a".repeat(256), "repository name must not be more than 255 characters"],
  [
    "ab".repeat(32),
    `invalid repository name (${"ab".repeat(32)}), cannot specify 64-byte hexadecimal strings`,
  ],
])("parseReference(%p) fails with %s", (text, message) => {
  expect(() => parseReference(text)).toThrow(expect.objectContaining({ kind: "invalid", message }));
});

test("withDefaultTag() adds latest where there is neither tag nor digest", () => {
  const tagOf = (text: string) => familiarReference(withDefaultTag(parseReference(text)));

  expect(["a", "a:1", `a@${DIGEST}`].map(tagOf)).toEqual(["a:latest", "a:1", `a@${DIGEST}`]);
});

test("a repository has neither tag nor digest", () => {
  const reference = parseReference("user/app:1");

  expect([repositoryOf(reference), familiarRepository(reference)]).toEqual([
    "docker.io/user/app",
    "user/app",
  ]);
});

test.each([
  ["busybox", "busybox:latest", true],
  ["busybox:latest", "busybox:latest", true],
  ["busybox:*", "busybox:latest", true],
  ["busy*", "busybox:latest", true],
  ["*", "user/app:1", false],
  ["*/*", "user/app:1", true],
  ["*/*:1", "user/app:1", true],
  ["user/a?p", "user/app:1", true],
  ["user?app", "user/app:1", false],
  ["[a-c]pp", "app:1", true],
  ["[^a-c]pp", "app:1", false],
  ["[^x]pp", "app:1", true],
  ["a\\pp", "app:1", true],
  ["a.p", "app:1", false],
  ["app", "user/app:1", false],
])("the pattern %p on %s is %p", (pattern, reference, fits) => {
  expect(matchesReference(pattern, parseReference(reference))).toBe(fits);
});

test.each(["[", "[]", "[a", "a\\", "[z-a]"])("the pattern %p is invalid", (pattern) => {
  expect(() => matchesReference(pattern, parseReference("a"))).toThrow(/syntax error in pattern/);
});
