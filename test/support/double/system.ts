import type { System } from "../../../src/engine/system-facade.ts";

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
    logDrivers: ["json-file", "none"],
    bridge: { name: "sampan0", subnet: "172.30.0.0/16" },
  }),
};
