import type { System } from "../../../src/engine/system-facade.ts";
import { imageView } from "./image.ts";

/** A host that is the same everywhere. */
export const SYSTEM: System = {
  version: () => ({
    version: "0.1.0",
    commit: "abc",
    kernel: "6.18.0",
    os: "linux",
    architecture: "x86_64",
    bun: "1.4.5",
    builtAt: "2026-11-23T10:00:00Z",
  }),
  diskUsage: async () => ({
    images: { list: [{ ...imageView("busybox:latest"), sharedBytes: 0 }], layersBytes: 4_000_000 },
    volumes: [],
    store: {
      layers: 4096,
      recipes: 1,
      archives: 2,
      partial: 3,
      containers: 4,
      logs: 5,
      volumes: 6,
      database: 7,
      temporary: 8,
    },
  }),
  check: async function* () {
    yield { kind: "status", text: "Checking layers" };
    const counts = { blobs: 1, layers: 2, images: 3, snapshots: 4, mounts: 5 };
    yield { kind: "summary", counts, findings: 0, mended: 0 };
  },
  info: async () => ({
    id: "double",
    containers: { running: 1, paused: 0, stopped: 2 },
    images: 1,
    storageDriver: "overlay",
    storageStatus: [["Backing", "ext4"]],
    dataRoot: "/var/lib/sampan",
    execRoot: "/run/sampan",
    kernel: "6.18.0",
    operatingSystem: "Debian 12",
    osVersion: "12",
    architecture: "x86_64",
    cpus: 2,
    memoryBytes: 1 << 30,
    name: "host",
    cgroupDriver: "cgroupfs",
    cgroupVersion: "1",
    limits: { memory: true, swap: false },
    securityOptions: ["name=seccomp,profile=builtin"],
    warnings: ["No swap limit support"],
    ipForwarding: true,
    logDriver: "json-file",
    logDrivers: ["json-file", "none"],
    cdi: { directories: ["/etc/cdi"], devices: ["vendor.com/net=a"] },
    registries: { mirrors: ["http://mirror/"], insecure: ["old:5000", "10.0.0.0/8"], proxies: {} },
    bridge: { name: "sampan0", subnet: "172.30.0.0/16" },
    eventListeners: 3,
  }),
};
