import { expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { CdiDevices } from "./cdi-devices.ts";
import type { NamedDevices } from "./device-request.ts";
import { addNamedDevices } from "./named-devices.ts";

const USER = { uid: 1000, gid: 100, mappings: [{ containerID: 0, hostID: 9000, size: 65_536 }] };

/** The text of a file with devices that each set a variable. */
function fileOf(kind: string, names: readonly string[], value = "here"): string {
  const devices = names.map((name) => ({ name, containerEdits: { env: [`${name}=${value}`] } }));
  const containerEdits = { env: ["SHARED=yes"] };
  return JSON.stringify({ cdiVersion: "0.5.0", kind, devices, containerEdits });
}

function request(change: Partial<NamedDevices>): NamedDevices {
  return { driver: "cdi", count: 0, ids: [], capabilities: [], options: {}, ...change };
}

const GPU = { driver: "", capabilities: [["gpu"]] };

async function cdiWith(directory: string, files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) await Bun.write(join(directory, name), text);
  return new CdiDevices([join(directory, "etc"), join(directory, "run"), "/no/such"]);
}

function variables(cdi: CdiDevices, change: Partial<NamedDevices>): readonly string[] {
  return addNamedDevices([request(change)], cdi, USER).env;
}

test("each device comes once, and what its file gives with any comes before it", async () => {
  using home = new TemporaryDirectory();
  const cdi = await cdiWith(home.path, { "etc/a.json": fileOf("v.com/c", ["a", "b"]) });

  expect(cdi.list()).toEqual(["v.com/c=a", "v.com/c=b"]);
  // Compose cannot leave the capabilities out.
  const capabilities = [["gpu"]];
  expect(variables(cdi, { ids: ["v.com/c=b", "v.com/c=a", "v.com/c=b"], capabilities })).toEqual([
    "SHARED=yes",
    "b=here",
    "a=here",
  ]);
  expect(addNamedDevices([], cdi, USER)).toEqual({ env: [], devices: [], mounts: [], groups: [] });
});

test("a later directory wins, and of two files in one neither", async () => {
  using home = new TemporaryDirectory();
  const cdi = await cdiWith(home.path, {
    "etc/a.json": fileOf("v.com/c", ["a", "b"]),
    "run/a.json": fileOf("v.com/c", ["a"], "later"),
    "run/x.json": fileOf("v.com/c", ["twice", "b"]),
    "run/y.yaml": fileOf("v.com/c", ["twice", "b"]),
    "run/no-spec.txt": "nothing",
  });

  expect(cdi.list()).toEqual(["v.com/c=a"]);
  expect(variables(cdi, { ids: ["v.com/c=a"] })).toContain("a=later");
  expect(() => variables(cdi, { ids: ["v.com/c=a", "v.com/c=twice", "v.com/c=none"] })).toThrow(
    `CDI device injection failed: unresolvable CDI devices v.com/c=twice, v.com/c=none (v.com/c=twice is in ${home.path}/run/y.yaml and in another file of ${home.path}/run;`,
  );
});

test("a file that cannot be read keeps no other from being used, and is named when one is missed", async () => {
  using home = new TemporaryDirectory();
  const cdi = await cdiWith(home.path, {
    "etc/bad.json": "{",
    "etc/good.json": fileOf("v.com/c", ["a"]),
  });

  expect(variables(cdi, { ids: ["v.com/c=a"] })).toContain("a=here");
  expect(() => variables(cdi, { ids: ["v.com/c=b"] })).toThrow(
    `Cannot read ${home.path}/etc/bad.json`,
  );
});

test("what cannot be done for a device is said, not left out", async () => {
  using home = new TemporaryDirectory();
  const hooks = [{ hookName: "createContainer", path: "/bin/true" }];
  const devices = [{ name: "a", containerEdits: { hooks, netDevices: [{}] } }];
  const file = JSON.stringify({ cdiVersion: "1.1.0", kind: "v.com/c", devices });
  const cdi = await cdiWith(home.path, { "etc/a.json": file });

  expect(() => variables(cdi, { ids: ["v.com/c=a"] })).toThrow(
    "CDI device injection failed: v.com/c=a wants hooks and netDevices, which this engine does not do yet",
  );
});

test.each<[Partial<NamedDevices>, readonly string[]]>([
  [{ ...GPU, count: -1 }, ["all=here"]],
  [{ ...GPU, count: 2, driver: "nvidia" }, ["0=here", "1=here"]],
  [{ ...GPU, ids: ["1", "GPU-x"] }, ["1=here", "GPU-x=here"]],
  [{ driver: "", count: 1, capabilities: [["tpu"], ["gpu", "compute"]] }, ["0=here"]],
])("--gpus as %j gives NVIDIA's %j", async (change, expected) => {
  using home = new TemporaryDirectory();
  const names = ["0", "1", "GPU-x", "all"];
  const cdi = await cdiWith(home.path, {
    "etc/a.json": fileOf("nvidia.com/gpu", names),
    "etc/b.json": fileOf("amd.com/gpu", ["0"], "amd"),
  });

  expect(variables(cdi, change)).toEqual(["SHARED=yes", ...expected]);
});

test.each<[Partial<NamedDevices>, string]>([
  [{ ...GPU, count: 1, ids: ["0"] }, "cannot set both Count and DeviceIDs on device request"],
  [{ ...GPU, count: 2 }, "unresolvable CDI devices amd.com/gpu=1"],
  [
    { ...GPU, driver: "nvidia" },
    'could not select device driver "nvidia" with capabilities: [[gpu]]',
  ],
  [{ driver: "x", capabilities: [["gpu"]] }, 'could not select device driver "x"'],
  [
    { driver: "", capabilities: [["gpu", "tpu"], ["b"]] },
    'could not select device driver "" with capabilities: [[gpu tpu] [b]]',
  ],
  [{ count: 1 }, "unexpected count in CDI device request"],
  [{ options: { a: "b" } }, "unexpected options in CDI device request"],
])("%j is refused: %s", async (change, reason) => {
  using home = new TemporaryDirectory();
  const cdi = await cdiWith(home.path, { "etc/b.json": fileOf("amd.com/gpu", ["0"]) });

  expect(() => variables(cdi, change)).toThrow(reason);
});

test("nodes are the host's where the file does not say, and the user's", async () => {
  using home = new TemporaryDirectory();
  const containerEdits = {
    deviceNodes: [
      { path: "/dev/a", hostPath: "/dev/zero" },
      { path: "/dev/b", type: "b", major: 7, minor: 1, uid: 0, gid: 6, permissions: "none" },
    ],
    mounts: [{ hostPath: "/opt", containerPath: "/opt/../x/" }],
    additionalGids: [0, 44],
  };
  const devices = [{ name: "a", containerEdits }];
  const file = JSON.stringify({ cdiVersion: "0.7.0", kind: "v.com/c", devices });
  const cdi = await cdiWith(home.path, { "etc/a.json": file });
  const ids = { uidMappings: USER.mappings, gidMappings: USER.mappings };

  expect(addNamedDevices([request({ ids: ["v.com/c=a"] })], cdi, USER)).toEqual({
    env: [],
    devices: [
      {
        device: {
          type: "c",
          path: "/dev/a",
          major: 1,
          minor: 5,
          fileMode: 0o666,
          uid: 1000,
          gid: 100,
        },
        access: "rwm",
      },
      { device: { type: "b", path: "/dev/b", major: 7, minor: 1, uid: 0, gid: 6 }, access: "" },
    ],
    mounts: [{ destination: "/x", type: "bind", source: "/opt", options: ["rbind"], ...ids }],
    groups: [44],
  });
});
