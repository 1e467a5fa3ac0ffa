import { posix as path } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { MountRequest } from "../../engine/model.ts";

const PROPAGATIONS: ReadonlySet<string> = new Set([
  "private",
  "rprivate",
  "shared",
  "rshared",
  "slave",
  "rslave",
]);
/** Promises of consistency, which on Linux all mounts keep. */
const CONSISTENCIES: ReadonlySet<string> = new Set(["consistent", "cached", "delegated"]);
const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Reads one of HostConfig's Binds: `source:target[:mode]`, or `target` for an anonymous volume. */
export function decodeBind(text: string): MountRequest {
  const parts = text.split(":");
  const isAnonymous = parts.length === 1 && text !== "";
  const [source = "", target, mode = ""] = isAnonymous ? ["", text] : parts;
  // A target and a mode alone would be an anonymous volume with a mode, which there is not.
  const misread = parts.length === 2 && target !== undefined && isMode(target);
  if ((source === "" && !isAnonymous) || target === undefined || parts.length > 3 || misread) {
    throw invalidSpec(text);
  }
  try {
    return decodeParts({ source, target, mode });
  } catch (error) {
    if (error instanceof EngineError && error.kind === "invalid") {
      throw new EngineError("invalid", `invalid volume specification: '${text}': ${error.message}`);
    }
    throw error;
  }
}

/** Checks where a mount goes in the container and returns it without what is redundant in it. */
export function checkTarget(target: string): string {
  if (!target.startsWith("/")) {
    throw new EngineError("invalid", `invalid mount path: '${target}' mount path must be absolute`);
  }
  const clean = cleanPath(target);
  if (clean === "/") {
    throw new EngineError("invalid", "invalid specification: destination can't be '/'");
  }
  return clean;
}

/** An absolute path without `.`, `..`, and doubled or trailing slashes. */
export function cleanPath(text: string): string {
  return path.resolve("/", text);
}

/** Checks the name of a volume; empty is an anonymous one. */
export function checkVolumeName(name: string): void {
  if (name === "" || VOLUME_NAME.test(name)) return;
  throw new EngineError(
    "invalid",
    `"${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  );
}

export function isPropagation(text: string): boolean {
  return PROPAGATIONS.has(text);
}

function decodeParts(parts: { source: string; target: string; mode: string }): MountRequest {
  const { source, mode } = parts;
  const options = mode === "" ? [] : mode.split(",");
  const isBind = source.startsWith("/");
  // Podman's O is a throw-away overlay over a directory of the host's.
  const isOverlay = options.includes("O");
  const isAlone = isBind && !options.some((option) => option === "ro" || isPropagation(option));
  if (!isMode(mode) || (isBind && options.includes("nocopy")) || (isOverlay && !isAlone)) {
    throw new EngineError("invalid", `invalid mode: ${mode}`);
  }
  if (!isBind && options.some(isPropagation)) {
    const reason = "field BindOptions must not be specified";
    throw new EngineError("invalid", `invalid mount config for type "volume": ${reason}`);
  }

  const target = checkTarget(parts.target);
  const readonly = options.includes("ro");
  if (!isBind) {
    checkVolumeName(source);
    const noCopy = options.includes("nocopy");
    // As Docker has it, which labels its own volumes where there is SELinux.
    return { kind: "volume", source, target, readonly, noCopy, mode: mode || "z", via: "binds" };
  }
  const propagation = options.find(isPropagation) ?? "";
  return {
    kind: "bind",
    source: cleanPath(source),
    target,
    readonly,
    createSource: !isOverlay,
    ...(isOverlay ? { overlay: true } : {}),
    propagation,
    recursive: true,
    mode,
    via: "binds",
  };
}

/** Whether a text is a list of modes of which none is said twice. */
export function isMode(text: string): boolean {
  const kinds = text === "" ? [] : text.split(",").map(modeKind);
  return kinds.every((kind) => kind !== undefined) && new Set(kinds).size === kinds.length;
}

function modeKind(option: string): string | undefined {
  if (option === "ro" || option === "rw") return "access";
  // Relabelling is for SELinux; where that does not run Docker takes it as well.
  if (option === "z" || option === "Z") return "label";
  if (option === "nocopy") return "copy";
  if (option === "O") return "overlay";
  if (PROPAGATIONS.has(option)) return "propagation";
  return CONSISTENCIES.has(option) ? "consistency" : undefined;
}

function invalidSpec(text: string): EngineError {
  return new EngineError("invalid", `invalid volume specification: '${text}'`);
}
