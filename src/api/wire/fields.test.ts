import { expect, test } from "bun:test";
import { Fields } from "./fields.ts";

const of = (value: unknown) => Fields.of(value, "Config");

test("names match in any case, and the last of two wins", () => {
  expect(of({ image: "a" }).text("Image")).toBe("a");
  expect(of({ Image: "a", IMAGE: "b" }).text("Image")).toBe("b");
});

test("null is the same as absent", () => {
  const fields = of({ Image: null, Env: null, Init: null, HostConfig: null, Memory: null });
  expect(fields.text("Image")).toBe("");
  expect(fields.texts("Env")).toEqual([]);
  expect(fields.findTexts("Env")).toBeUndefined();
  expect(fields.findFlag("Init")).toBeUndefined();
  expect(fields.findChild("HostConfig")).toBeUndefined();
  expect(fields.integer("Memory")).toBe(0);
});

test("a command may be one text", () => {
  expect(of({ Cmd: "echo hi" }).findWords("Cmd")).toEqual(["echo hi"]);
  expect(of({ Cmd: ["echo", "hi"] }).findWords("Cmd")).toEqual(["echo", "hi"]);
  expect(of({}).findWords("Cmd")).toBeUndefined();
});

test("names that JavaScript's objects have are fields like others", () => {
  const fields = of(JSON.parse('{"__proto__": {"Image": "a"}, "constructor": 1}'));
  expect(fields.text("Image")).toBe("");
  expect(of({}).value("constructor")).toBeUndefined();
  const labels = of(JSON.parse('{"Labels": {"__proto__": "x"}}')).textMap("Labels");
  expect(Object.entries(labels)).toEqual([["__proto__", "x"]]);
});

test.each<[unknown, (fields: Fields) => unknown, string]>([
  [{ Tty: "yes" }, (f) => f.flag("Tty"), "string into Go struct field Config.Tty of type bool"],
  [
    { Image: 1 },
    (f) => f.text("Image"),
    "number 1 into Go struct field Config.Image of type string",
  ],
  [
    { Memory: "1" },
    (f) => f.integer("Memory"),
    "string into Go struct field Config.Memory of type int64",
  ],
  [
    { Memory: 1.5 },
    (f) => f.integer("Memory"),
    "number 1.5 into Go struct field Config.Memory of type int64",
  ],
  [
    { Memory: 1e30 },
    (f) => f.integer("Memory"),
    "number 1e+30 into Go struct field Config.Memory of type int64",
  ],
  [
    { Env: "A=1" },
    (f) => f.texts("Env"),
    "string into Go struct field Config.Env of type []string",
  ],
  [{ Env: [true] }, (f) => f.texts("Env"), "bool into Go struct field Config.Env of type string"],
  [
    { Labels: ["a"] },
    (f) => f.textMap("Labels"),
    "array into Go struct field Config.Labels of type Labels",
  ],
  [
    { Labels: { a: 1 } },
    (f) => f.textMap("Labels"),
    "number 1 into Go struct field Config.Labels of type string",
  ],
  [
    { Mounts: [1] },
    (f) => f.children("Mounts"),
    "number 1 into Go struct field Config.Mounts of type Mounts",
  ],
])("%j is refused with Go's text", (value, read, reason) => {
  expect(() => read(of(value))).toThrow(`invalid JSON: json: cannot unmarshal ${reason}`);
});

test.each([[[]], ["text"], [1], [true]])("%j is no object", (value) => {
  expect(() => of(value)).toThrow("into Go value of type Config");
});
