// What this host can do and what it lacks, found out once when the daemon starts: by looking, not by
// the kernel's version, as distributions leave out and bring back.

import { existsSync, readFileSync } from "node:fs";
import { CAPABILITIES, type Capability, heldCapabilities } from "./capability.ts";
import { readCgroupLayout } from "./cgroup-layout.ts";
import {
  isBuiltWith,
  maxUserNamespaces,
  overlayTakesDescriptors,
  readSeccompActions,
  readWords,
} from "./host-facts-kernel.ts";
import { readLimits, unavailableControllers } from "./host-facts-limits.ts";
import type { HostFacts } from "./host-facts-model.ts";
import { isFullyVisible } from "./host-facts-mounts.ts";
import { readSystemFacts } from "./host-facts-system.ts";
import { hostWarnings } from "./host-facts-warnings.ts";

/** By what users know them as. */
const NETWORK_PARTS: Readonly<Record<string, readonly string[]>> = {
  bridge: ["BRIDGE"],
  veth: ["VETH"],
  nf_tables: ["NF_TABLES", "NFT_NAT", "NFT_MASQ", "NFT_CT"],
};

/** Finds everything out. It takes a few milliseconds. */
export function readHostFacts(): HostFacts {
  const facts = { ...readSystemFacts(), ...readContainment(), ...readResources() };
  return { ...facts, warnings: hostWarnings(facts) };
}

function readResources() {
  const cgroups = readCgroupLayout();
  return {
    cgroups,
    cgroupVersion: cgroups.version,
    limits: readLimits(cgroups),
    missingControllers: unavailableControllers(cgroups),
    missingNetworkParts: Object.entries(NETWORK_PARTS)
      .filter(([, options]) => options.some((option) => isBuiltWith(option) === "no"))
      .map(([name]) => name),
    ipForwarding: readWords("/proc/sys/net/ipv4/ip_forward")[0] === "1",
  };
}

function readContainment() {
  const { permitted, bounding } = heldCapabilities();
  const capabilities = permitted.filter((name) => bounding.includes(name));
  const mountinfo = readFileSync("/proc/self/mountinfo", "utf8");
  const userNamespaces = maxUserNamespaces();
  const seccompActions = readSeccompActions();
  return {
    capabilities,
    missingCapabilities: knownCapabilities().filter((name) => !capabilities.includes(name)),
    maxUserNamespaces: userNamespaces,
    hasTimeNamespaces: existsSync("/proc/self/ns/time"),
    mountsProc: isFullyVisible(mountinfo, "proc"),
    mountsSysfs: isFullyVisible(mountinfo, "sysfs"),
    overlayTakesDescriptors: overlayTakesDescriptors(),
    seccompActions,
    securityModules: readSecurityModules(),
    securityOptions: [
      ...(seccompActions.length > 0 ? ["name=seccomp,profile=builtin"] : []),
      ...(userNamespaces > 0 ? ["name=userns"] : []),
      ...(existsSync("/proc/self/ns/cgroup") ? ["name=cgroupns"] : []),
    ],
  };
}

/** An older kernel does not miss the capabilities that are newer than itself. */
function knownCapabilities(): readonly Capability[] {
  const [last = "63"] = readWords("/proc/sys/kernel/cap_last_cap");
  return CAPABILITIES.slice(0, Number(last) + 1);
}

function readSecurityModules(): readonly string[] {
  const isAppArmor = readWords("/sys/module/apparmor/parameters/enabled")[0] === "Y";
  return [
    ...(isAppArmor ? ["apparmor"] : []),
    ...(existsSync("/sys/fs/selinux/enforce") ? ["selinux"] : []),
  ];
}
