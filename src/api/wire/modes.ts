import { EngineError } from "../../base/errors.ts";
import type { HostOptions, NamespaceMode, NetworkMode } from "../../engine/model.ts";
import type { Fields } from "./fields.ts";

/** Which namespaces a container shares, from HostConfig's `*Mode` fields. */
export function decodeModes(
  host: Fields,
  ipcDefault: "private" | "shareable",
): Pick<HostOptions, "network" | "pid" | "ipc" | "uts" | "user" | "cgroup"> {
  const cgroup = decodeCgroup(host.text("CgroupnsMode"));
  return {
    network: decodeNetworkMode(host.text("NetworkMode")),
    pid: decodePid(host.text("PidMode")),
    ipc: decodeIpc(host.text("IpcMode"), ipcDefault),
    uts: decodeUts(host.text("UTSMode")),
    user: decodeUser(host.text("UsernsMode")),
    ...(cgroup === undefined ? {} : { cgroup }),
  };
}

/** `default` is how clients say "what this engine has", which is its bridge. */
function decodeNetworkMode(mode: string): NetworkMode {
  switch (mode) {
    case "":
    case "default":
    case "bridge":
      return { kind: "network", network: "bridge" };
    case "none":
    case "host":
      return { kind: mode };
    default:
      return decodeContainer(mode) ?? { kind: "network", network: mode };
  }
}

function decodePid(mode: string): NamespaceMode {
  if (mode === "" || mode === "private") return { kind: "private" };
  if (mode === "host") return { kind: "host" };
  return decodeContainer(mode) ?? refuse("PID", mode);
}

function decodeIpc(mode: string, absent: "private" | "shareable"): HostOptions["ipc"] {
  switch (mode) {
    case "":
      return { kind: absent };
    case "private":
    case "shareable":
    case "none":
    case "host":
      return { kind: mode };
    default:
      return decodeContainer(mode) ?? refuse("IPC", mode);
  }
}

function decodeUts(mode: string): HostOptions["uts"] {
  if (mode === "" || mode === "private") return "private";
  return mode === "host" ? "host" : refuse("UTS", mode);
}

/** Docker knows only `host`; the others say whether falling back to it is allowed. */
function decodeUser(mode: string): HostOptions["user"] {
  switch (mode) {
    case "":
    case "auto":
      return "auto";
    case "private":
    case "host":
      return mode;
    default:
      return refuse("user namespace", mode);
  }
}

function decodeCgroup(mode: string): HostOptions["cgroup"] {
  if (mode === "") return undefined;
  return mode === "private" || mode === "host" ? mode : refuse("cgroup namespace", mode);
}

function decodeContainer(
  mode: string,
): { readonly kind: "container"; readonly container: string } | undefined {
  const [, container] = /^container:(.*)$/s.exec(mode) ?? [];
  if (container === undefined) return undefined;
  if (container === "") {
    throw new EngineError("invalid", "invalid container format container:<name|id>");
  }
  return { kind: "container", container };
}

function refuse(what: string, mode: string): never {
  throw new EngineError("invalid", `invalid ${what} mode: ${mode}`);
}
