import { expect, test } from "bun:test";
import { parseCdiFile } from "./cdi-file.ts";

const YAML = `
cdiVersion: "0.7.0"
kind: vendor.com/card
annotations: {note: "said to nobody"}
containerEdits:
  env: ["CARDS=1"]
devices:
  - name: "0"
    containerEdits:
      deviceNodes:
        - path: /dev/card0
          hostPath: /dev/zero
          permissions: rw
          fileMode: 0640
          gid: 44
        - {path: /dev/other, type: u, major: 1, minor: 3, permissions: none}
      mounts:
        - {hostPath: /opt/lib, containerPath: /usr/lib/card, options: [ro, nosuid]}
        - {hostPath: /opt/bin, containerPath: /opt/bin, type: bind, options: [bind, ro]}
        - {containerPath: /run/card, type: tmpfs, options: [size=64k]}
      additionalGids: [44]
  - name: all
    containerEdits:
      hooks: [{hookName: createContainer, path: /bin/true}]
`;

test("a file says what comes with each device, and what with any of them", () => {
  const file = parseCdiFile(YAML, "/etc/cdi/card.yaml");

  expect([file.kind, [...file.devices.keys()], file.edits.env]).toEqual([
    "vendor.com/card",
    ["0", "all"],
    ["CARDS=1"],
  ]);
  expect(file.devices.get("all")?.refused).toEqual(["hooks"]);
  expect(file.devices.get("0")).toEqual({
    env: [],
    deviceNodes: [
      { path: "/dev/card0", hostPath: "/dev/zero", fileMode: 0o640, gid: 44, access: "rw" },
      { path: "/dev/other", hostPath: "/dev/other", type: "c", major: 1, minor: 3, access: "" },
    ],
    mounts: [
      {
        hostPath: "/opt/lib",
        containerPath: "/usr/lib/card",
        type: "bind",
        options: ["rbind", "ro", "nosuid"],
      },
      { hostPath: "/opt/bin", containerPath: "/opt/bin", type: "bind", options: ["bind", "ro"] },
      { hostPath: "tmpfs", containerPath: "/run/card", type: "tmpfs", options: ["size=64k"] },
    ],
    additionalGids: [44],
    refused: [],
  });
});

const GOOD = { cdiVersion: "0.5.0", kind: "v.com/c", devices: [{ name: "a", containerEdits: {} }] };

function withEdits(containerEdits: unknown) {
  return { ...GOOD, containerEdits };
}

test.each<[string, unknown, string]>([
  ["no object", [], "want an object, have []"],
  ["no version", { ...GOOD, cdiVersion: "" }, "cdiVersion: want a version"],
  ["a kind without a vendor", { ...GOOD, kind: "card" }, 'kind: want VENDOR/CLASS, have "card"'],
  ["no devices", { ...GOOD, devices: [] }, "devices: want at least one"],
  ["a device's name with a blank", { ...GOOD, devices: [{ name: "a b" }] }, 'have "a b"'],
  [
    "an edit that nobody knows",
    withEdits({ magic: 1 }),
    'additionalGids, hooks, intelRdt, netDevices, have "magic"',
  ],
  ["a variable without a value", withEdits({ env: ["X"] }), 'env: want NAME=VALUE, have "X"'],
  ["a device without a path", withEdits({ deviceNodes: [{}] }), "want an absolute path"],
  [
    "a device of an odd type",
    withEdits({ deviceNodes: [{ path: "/dev/a", type: "p" }] }),
    'have "p"',
  ],
  ["odd permissions", withEdits({ deviceNodes: [{ path: "/dev/a", permissions: "rx" }] }), '"rx"'],
  ["a negative number", withEdits({ deviceNodes: [{ path: "/dev/a", major: -1 }] }), "have -1"],
  ["a mode that is none", withEdits({ deviceNodes: [{ path: "/a", fileMode: 99_999 }] }), "a mode"],
  ["a mount of nothing", withEdits({ mounts: [{ containerPath: "/a" }] }), "hostPath: want"],
  [
    "a mount of another type",
    withEdits({ mounts: [{ hostPath: "/a", containerPath: "/a", type: "ext4" }] }),
    'type of a mount: want bind, have "ext4"',
  ],
  ["a group that is none", withEdits({ additionalGids: ["video"] }), "ids of groups"],
])("a file is refused by its name for %s", (_, file, reason) => {
  const parse = () => parseCdiFile(JSON.stringify(file), "/etc/cdi/x.json");
  expect(parse).toThrow("Cannot read /etc/cdi/x.json: ");
  expect(parse).toThrow(reason);
});

test.each(["/etc/cdi/x.json", "/etc/cdi/x.yaml"])("%s is refused when it is cut off", (path) => {
  expect(() => parseCdiFile('{"cdiVersion": "0.5.0", "kind', path)).toThrow(
    `Cannot read ${path}: `,
  );
});
