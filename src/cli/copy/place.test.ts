import { expect, test } from "bun:test";
import { parsePlace, planCopy, type Standing } from "./place.ts";

test.each([
  ["-", { kind: "stream" }],
  ["v:a/b", { kind: "volume", volume: "v", path: "a/b" }],
  ["v:", { kind: "volume", volume: "v", path: "" }],
  ["file", { kind: "local", path: "file" }],
  ["./v:a", { kind: "local", path: "./v:a" }],
  ["/v:a", { kind: "local", path: "/v:a" }],
])("%j is a place", (text, place) => {
  expect(parsePlace(text)).toEqual(place as ReturnType<typeof parsePlace>);
});

const FILE = { path: "s/file", name: "s", isDirectory: false };
const DIRECTORY = { path: "s/dir", name: "s", isDirectory: true };
const CONTENTS = { path: "s/dir/.", name: "s", isDirectory: true };

test.each<[typeof FILE, { path: string; standing: Standing }, string]>([
  [FILE, { path: "t", standing: "missing" }, " + t"],
  [FILE, { path: "d/t", standing: "other" }, "d/ + t"],
  [FILE, { path: "d", standing: "directory" }, "d + s"],
  [DIRECTORY, { path: "d", standing: "directory" }, "d + s"],
  [CONTENTS, { path: "d", standing: "directory" }, "d + ."],
  [DIRECTORY, { path: "d/new/", standing: "missing" }, "d/ + new"],
  [CONTENTS, { path: "d/new", standing: "missing" }, "d/ + new"],
])("%p goes to %p", (source, target, expected) => {
  const { directory, name } = planCopy({ source, target });
  expect(`${directory} + ${name}`).toBe(expected);
});

test("what cannot be copied there is said", () => {
  const plan = (isDirectory: boolean, path: string, standing: Standing) => () =>
    planCopy({ source: { path: "s", name: "s", isDirectory }, target: { path, standing } });
  expect(plan(true, "t", "other")).toThrow("cannot copy directory");
  expect(plan(false, "t/", "missing")).toThrow("no such directory");
});
