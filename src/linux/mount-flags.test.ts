import { expect, test } from "bun:test";
import { parseMountFlags } from "./mount-flags.ts";

const NONE = { flags: 0, propagation: 0, remount: 0, data: "" };

test.each([
  ["", {}],
  ["defaults", {}],
  ["ro,noatime,data=ordered", { flags: 0x401, data: "data=ordered" }],
  ["ro,rw", {}],
  ["size=64k,mode=700", { data: "size=64k,mode=700" }],
  ["bind", { flags: 0x1000 }],
  ["rbind,ro", { flags: 0x5001, remount: 0x5021 }],
  ["bind,rslave", { flags: 0x5000, propagation: 0x8_4000 }],
  ["addr=10.0.0.1,vers=4,soft", { data: "addr=10.0.0.1,vers=4,soft" }],
])("%s is read as mount(8) does", (options, expected) => {
  expect(parseMountFlags(options)).toEqual({ ...NONE, ...expected });
});
