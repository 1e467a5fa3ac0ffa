import { expect, test } from "bun:test";
import { type ContainerMount, sortMounts, toMount, viewMounts } from "./container-mounts.ts";
import { tmpfsOptions } from "./tmpfs.ts";

const IDS = [{ containerID: 0, hostID: 524_288, size: 65_536 }];
const bind = {
  kind: "bind",
  source: "/src",
  target: "/dst/../to/",
  readonly: false,
  createSource: true,
  propagation: "",
  recursive: true,
  mode: "z",
  via: "binds",
} as const;
const volume = {
  kind: "volume",
  source: "stuff",
  directory: "/v/stuff/_data",
  anonymous: false,
  target: "/v",
  readonly: true,
  noCopy: false,
  mode: "ro",
  via: "mounts",
} as const;
const tmpfs = {
  kind: "tmpfs",
  target: "/t",
  readonly: true,
  options: ["exec"],
  via: "tmpfs",
} as const;

test.each<[ContainerMount, object]>([
  [bind, { destination: "/to", source: "/src", options: ["rbind", "rprivate", "rw"] }],
  [{ ...bind, readonly: true }, { options: ["rbind", "rprivate", "rro"] }],
  [{ ...bind, readonly: true, recursive: false }, { options: ["bind", "rprivate", "ro"] }],
  [{ ...bind, propagation: "rslave" }, { options: ["rbind", "rslave", "rw"] }],
  [volume, { source: "/v/stuff/_data", options: ["rbind", "rprivate", "rro"] }],
])("%p is mounted with the container's ids", (mount, expected) => {
  expect(toMount(mount, IDS)).toMatchObject({ ...expected, uidMappings: IDS, gidMappings: IDS });
  expect(toMount(mount, [])).not.toHaveProperty("uidMappings");
});

test("a tmpfs belongs to the container anyway", () => {
  expect(toMount(tmpfs, IDS)).toEqual({
    destination: "/t",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "nodev", "exec", "ro"],
  });
});

test.each([
  [[], false, "noexec nosuid nodev"],
  [["size=1m", "mode=755"], false, "noexec nosuid nodev size=1m mode=755"],
  [["exec", "size=1m", "size=2m"], true, "nosuid nodev exec size=2m ro"],
  [["ro", "rw"], false, "noexec nosuid nodev rw"],
])("tmpfsOptions(%p, %p) is %s", (asked, readonly, expected) => {
  expect(tmpfsOptions(asked, readonly).join(" ")).toBe(expected);
});

test.each(["huge=always", "nonsense", "size", "lowerdir=/", "__proto__"])(
  "tmpfsOptions() refuses %p",
  (option) => {
    expect(() => tmpfsOptions([option], false)).toThrow(`invalid tmpfs option ["${option}"]`);
  },
);

test("mounts below others come after them", () => {
  const at = (destination: string) => ({ destination });

  expect(sortMounts(["/a/b/c", "/z", "/a", "/a/b"].map(at))).toEqual(
    ["/z", "/a", "/a/b", "/a/b/c"].map(at),
  );
});

test("inspect shows binds, volumes and those of --mount, but not --tmpfs", () => {
  const views = viewMounts([bind, volume, tmpfs, { ...tmpfs, via: "mounts" }]);

  expect(views).toEqual([
    {
      kind: "bind",
      source: "/src",
      target: "/to",
      mode: "z",
      writable: true,
      propagation: "rprivate",
    },
    {
      kind: "volume",
      name: "stuff",
      source: "/v/stuff/_data",
      target: "/v",
      mode: "ro",
      writable: false,
      propagation: "",
      driver: "local",
    },
    { kind: "tmpfs", source: "", target: "/t", mode: "", writable: false, propagation: "" },
  ]);
});
