import { describe, expect, test } from "bun:test";
import type { MountRequest } from "../../engine/model.ts";
import { NEWEST } from "../version.ts";
import { decodeBind } from "./binds.ts";
import { Fields } from "./fields.ts";
import { decodeMounts } from "./mounts.ts";
import { decodeVolumesFrom } from "./volumes-from.ts";

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
  mode: "z",
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
    ["/a:/b:O", { ...BIND, createSource: false, overlay: true, mode: "O" }],
    ["/a/../c/:/b//d/", { ...BIND, source: "/c", target: "/b/d" }],
    ["vol:/b", VOLUME],
    ["/b", { ...VOLUME, source: "" }],
    ["vol:/b:ro,nocopy", { ...VOLUME, readonly: true, noCopy: true, mode: "ro,nocopy" }],
  ])("%s is understood", (text, mount) => {
    expect(decodeBind(text)).toEqual(mount);
  });

  test.each([
    ["", "invalid volume specification: ''"],
    [
      "vol",
      "invalid volume specification: 'vol': invalid mount path: 'vol' mount path must be absolute",
    ],
    ["/", "invalid volume specification: '/': invalid specification: destination can't be '/'"],
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
    ["/a:/b:O,ro", "invalid mode: O,ro"],
    ["/a:/b:O,rslave", "invalid mode: O,rslave"],
    ["vol:/b:O", "invalid mode: O"],
    [
      "vol:/b:shared",
      'invalid mount config for type "volume": field BindOptions must not be specified',
    ],
    ["./a:/b", '"./a" includes invalid characters for a local volume name'],
    ["a:/b", '"a" includes invalid characters for a local volume name'],
  ])("%j is refused", (text, message) => {
    expect(() => decodeBind(text)).toThrow(message);
  });
});

describe("Mounts", () => {
  const decode = (mount: object, version = NEWEST) =>
    decodeMounts(Fields.of({ Mounts: [mount] }, "HostConfig"), version)[0];

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
      { Type: "bind", Source: "/a", Target: "/b", BindOptions: { IdMap: "match-user" } },
      { ...BIND, createSource: false, idMap: "match-user", via: "mounts" },
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
      { Type: "bind", Source: "/a", Target: "/b", BindOptions: { IdMap: "x" } },
      'invalid mount config for type "bind": invalid id mapping: x (must be "match-user")',
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
      { Type: "volume", Source: "vol", Target: "/b", VolumeOptions: { Subpath: "a/../../x" } },
      'invalid mount config for type "volume": subpath must be a relative path within the volume',
    ],
    [
      { Type: "volume", Source: "vol", Target: "/b", VolumeOptions: { Subpath: "/x" } },
      "subpath must be a relative path within the volume",
    ],
    [
      { Type: "volume", Target: "/b", VolumeOptions: { Subpath: "x" } },
      "must not set Subpath when using anonymous volumes",
    ],
    [
      {
        Type: "bind",
        Source: "/a",
        Target: "/b",
        BindOptions: { ReadOnlyNonRecursive: true, ReadOnlyForceRecursive: true },
      },
      "mount options conflict: ReadOnlyNonRecursive and ReadOnlyForceRecursive",
    ],
    [
      {
        Type: "volume",
        Source: "vol",
        Target: "/b",
        VolumeOptions: { DriverConfig: { Name: "nfs" } },
      },
      'create vol: error looking up volume plugin nfs: plugin "nfs" not found',
    ],
  ])("%j is refused", (mount, message) => {
    expect(() => decode(mount)).toThrow(message);
  });

  test("a volume can be said in full: what of it, and how it is made", () => {
    const VolumeOptions = {
      NoCopy: true,
      Subpath: "a/b",
      Labels: { l: "m" },
      DriverConfig: { Name: "local", Options: { type: "tmpfs", device: "tmpfs" } },
    };
    expect(decode({ Type: "volume", Source: "vol", Target: "/b", VolumeOptions })).toEqual({
      ...VOLUME,
      noCopy: true,
      subpath: "a/b",
      labels: { l: "m" },
      options: { type: "tmpfs", device: "tmpfs" },
      mode: "z",
      via: "mounts",
    });
  });

  test("clients of old versions get what they are used to", () => {
    const bind = { Type: "bind", Source: "/a", Target: "/b" };
    expect(decode(bind, 43)).toMatchObject({ writableBelow: true });
    expect(decode({ ...bind, VolumeOptions: {} }, 41)).toMatchObject({ kind: "bind" });
    const subpath = { Type: "volume", Source: "v1", Target: "/b", VolumeOptions: { Subpath: "x" } };
    expect(() => decode(subpath, 44)).toThrow("VolumeOptions.Subpath needs API v1.45 or newer");
  });
});

test("--tmpfs comes as a map of options", () => {
  const host = Fields.of({ Tmpfs: { "/run": "", "/tmp": "size=64m,noexec" } }, "HostConfig");
  expect(decodeMounts(host, NEWEST)).toEqual([
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

test("--volume-driver is the one that there is", () => {
  const decode = (VolumeDriver: string) =>
    decodeMounts(Fields.of({ VolumeDriver }, "HostConfig"), NEWEST);
  expect(decode("local")).toEqual([]);
  expect(() => decode("foo")).toThrow('volume plugin foo: plugin "foo" not found');
});

describe("VolumesFrom", () => {
  test.each<[string, object]>([
    ["one", { container: "one", readonly: false }],
    ["one:rw", { container: "one", readonly: false }],
    ["one:ro,z", { container: "one", readonly: true }],
  ])("%j is understood", (text, from) => {
    expect(decodeVolumesFrom(text)).toEqual(from as ReturnType<typeof decodeVolumesFrom>);
  });

  test.each([
    ["", "volumes-from specification cannot be an empty string"],
    [":ro", 'invalid name or ID supplied: ""'],
    ["one:foo", "invalid mode: foo"],
    ["one:nocopy", "invalid mode: nocopy"],
    ["one:O", "invalid mode: O"],
    ["one:shared", "invalid mode: shared"],
  ])("%j is refused", (text, message) => {
    expect(() => decodeVolumesFrom(text)).toThrow(message);
  });
});
