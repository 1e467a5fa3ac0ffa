import { describe, expect, test } from "bun:test";
import type { MountRequest } from "../../engine/model.ts";
import { decodeBind } from "./binds.ts";
import { Fields } from "./fields.ts";
import { decodeMounts } from "./mounts.ts";

const BIND = {
  kind: "bind",
  source: "/a",
  target: "/b",
  readonly: false,
  createSource: true,
  propagation: "",
  recursive: true,
  mode: "",
  via: "binds",
} as const;
const VOLUME = {
  kind: "volume",
  source: "vol",
  target: "/b",
  readonly: false,
  noCopy: false,
  mode: "",
  via: "binds",
} as const;

describe("Binds", () => {
  test.each<[string, MountRequest]>([
    ["/a:/b", BIND],
    ["/a:/b:ro", { ...BIND, readonly: true, mode: "ro" }],
    ["/a:/b:rw", { ...BIND, mode: "rw" }],
    ["/a:/b:ro,rshared", { ...BIND, readonly: true, propagation: "rshared", mode: "ro,rshared" }],
    ["/a:/b:z", { ...BIND, mode: "z" }],
    ["/a:/b:cached", { ...BIND, mode: "cached" }],
    ["/a/../c/:/b//d/", { ...BIND, source: "/c", target: "/b/d" }],
    ["vol:/b", VOLUME],
    ["vol:/b:ro,nocopy", { ...VOLUME, readonly: true, noCopy: true, mode: "ro,nocopy" }],
  ])("%s is understood", (text, mount) => {
    expect(decodeBind(text)).toEqual(mount);
  });

  test.each([
    ["", "invalid volume specification: ''"],
    ["/a", "invalid volume specification: '/a'"],
    [":/b", "invalid volume specification: ':/b'"],
    ["/a:", "invalid volume specification: '/a:'"],
    ["/a:ro", "invalid volume specification: '/a:ro'"],
    ["/a:/b:ro:x", "invalid volume specification: '/a:/b:ro:x'"],
    [
      "/a:b",
      "invalid volume specification: '/a:b': invalid mount path: 'b' mount path must be absolute",
    ],
    [
      "/a:/",
      "invalid volume specification: '/a:/': invalid specification: destination can't be '/'",
    ],
    ["/a:/..", "destination can't be '/'"],
    ["/a:/b:x", "invalid volume specification: '/a:/b:x': invalid mode: x"],
    ["/a:/b:ro,rw", "invalid mode: ro,rw"],
    ["/a:/b:nocopy", "invalid mode: nocopy"],
    ["vol:/b:shared", "invalid mode: shared"],
    ["./a:/b", '"./a" includes invalid characters for a local volume name'],
    ["a:/b", '"a" includes invalid characters for a local volume name'],
  ])("%j is refused", (text, message) => {
    expect(() => decodeBind(text)).toThrow(message);
  });
});

describe("Mounts", () => {
  const decode = (mount: object) => decodeMounts(Fields.of({ Mounts: [mount] }, "HostConfig"))[0];

  test.each<[object, object]>([
    [
      { Type: "bind", Source: "/a", Target: "/b" },
      { ...BIND, createSource: false, via: "mounts" },
    ],
    [
      {
        Type: "bind",
        Source: "/a",
        Target: "/b",
        ReadOnly: true,
        Consistency: "cached",
        BindOptions: { Propagation: "slave", NonRecursive: true, CreateMountpoint: true },
      },
      { ...BIND, readonly: true, propagation: "slave", recursive: false, via: "mounts" },
    ],
    [
      { Type: "volume", Source: "vol", Target: "/b", VolumeOptions: { NoCopy: true } },
      { ...VOLUME, noCopy: true, mode: "z", via: "mounts" },
    ],
    [
      { Type: "volume", Target: "/b" },
      { ...VOLUME, source: "", mode: "z", via: "mounts" },
    ],
    [
      {
        Type: "tmpfs",
        Target: "/b",
        TmpfsOptions: { SizeBytes: 64, Mode: 0o1777, Options: [["noexec"], ["uid", "5"]] },
      },
      {
        kind: "tmpfs",
        target: "/b",
        readonly: false,
        options: ["mode=1777", "size=64", "noexec", "uid=5"],
        via: "mounts",
      },
    ],
  ])("%j is understood", (mount, request) => {
    expect(decode(mount)).toEqual(request as MountRequest);
  });

  test.each([
    [
      { Type: "bind", Target: "/b" },
      'invalid mount config for type "bind": field Source must not be empty',
    ],
    [
      { Type: "bind", Source: "/a" },
      'invalid mount config for type "bind": field Target must not be empty',
    ],
    [
      { Type: "bind", Source: "a", Target: "/b" },
      `invalid mount config for type "bind": invalid mount path: 'a' mount path must be absolute`,
    ],
    [
      { Type: "bind", Source: "/a", Target: "b" },
      `invalid mount path: 'b' mount path must be absolute`,
    ],
    [
      { Type: "bind", Source: "/a", Target: "/" },
      "invalid specification: destination can't be '/'",
    ],
    [
      { Type: "bind", Source: "/a", Target: "/b", VolumeOptions: {} },
      "field VolumeOptions must not be specified",
    ],
    [
      { Type: "bind", Source: "/a", Target: "/b", BindOptions: { Propagation: "x" } },
      "invalid propagation mode: x",
    ],
    [
      { Type: "volume", Target: "/b", ReadOnly: true },
      "must not set ReadOnly mode when using anonymous volumes",
    ],
    [
      { Type: "volume", Source: "/a", Target: "/b" },
      '"/a" includes invalid characters for a local volume name',
    ],
    [
      { Type: "tmpfs", Source: "x", Target: "/b" },
      'invalid mount config for type "tmpfs": field Source must not be specified',
    ],
    [{ Type: "tmpfs", Target: "/b", BindOptions: {} }, "field BindOptions must not be specified"],
    [{ Type: "x", Target: "/b" }, 'invalid mount config for type "x": mount type unknown'],
    [{ Target: "/b" }, 'invalid mount config for type "": mount type unknown'],
    [
      { Type: "volume", Source: "vol", Target: "/b", VolumeOptions: { Subpath: "x" } },
      "volume subpaths",
    ],
    [
      {
        Type: "volume",
        Source: "vol",
        Target: "/b",
        VolumeOptions: { DriverConfig: { Name: "nfs" } },
      },
      "volume drivers",
    ],
  ])("%j is refused", (mount, message) => {
    expect(() => decode(mount)).toThrow(message);
  });
});

test("--tmpfs comes as a map of options", () => {
  const host = Fields.of({ Tmpfs: { "/run": "", "/tmp": "size=64m,noexec" } }, "HostConfig");
  expect(decodeMounts(host)).toEqual([
    { kind: "tmpfs", target: "/run", readonly: false, options: [], via: "tmpfs" },
    {
      kind: "tmpfs",
      target: "/tmp",
      readonly: false,
      options: ["size=64m", "noexec"],
      via: "tmpfs",
    },
  ]);
});
