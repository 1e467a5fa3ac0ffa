import { posix as path } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { MountRequest } from "../../engine/model.ts";
import type { ApiVersion } from "../version.ts";
import { checkTarget, checkVolumeName, cleanPath, decodeBind, isPropagation } from "./binds.ts";
import type { Fields } from "./fields.ts";
import { notYet } from "./refused.ts";
import { checkVolumeDriver } from "./volume-driver.ts";

/** Everything that a container is to have mounted: `-v`, `--mount` and `--tmpfs`, in this order. */
export function decodeMounts(host: Fields, version: ApiVersion): readonly MountRequest[] {
  checkVolumeDriver(host.text("VolumeDriver"), "volume", "invalid");
  const binds = host.texts("Binds").map(decodeBind);
  const mounts = host.children("Mounts").map((mount) => decodeMount(mount, version));
  return [
    ...[...binds, ...mounts].map((mount) => asOfVersion(mount, version)),
    ...Object.entries(host.textMap("Tmpfs")).map(([target, options]) =>
      decodeTmpfs(target, options),
    ),
  ];
}

/** Before 1.44 what was mounted beneath a read-only bind stayed writable. */
function asOfVersion(mount: MountRequest, version: ApiVersion): MountRequest {
  return mount.kind === "bind" && version < 44 ? { ...mount, writableBelow: true } : mount;
}

function decodeTmpfs(target: string, options: string): MountRequest {
  return {
    kind: "tmpfs",
    target: checkTarget(target),
    readonly: false,
    options: options === "" ? [] : options.split(","),
    via: "tmpfs",
  };
}

const DECODERS: Readonly<Record<string, (mount: Fields) => MountRequest>> = {
  bind: decodeBindMount,
  volume: decodeVolumeMount,
  tmpfs: decodeTmpfsMount,
  image: decodeImageMount,
};

const OPTIONS_OF: Readonly<Record<string, string>> = {
  bind: "BindOptions",
  volume: "VolumeOptions",
  tmpfs: "TmpfsOptions",
  image: "ImageOptions",
  cluster: "ClusterOptions",
};

function decodeMount(mount: Fields, version: ApiVersion): MountRequest {
  const type = mount.text("Type");
  if (type === "cluster" || type === "npipe") {
    throw notYet("HostConfig.Mounts", `mounts of type "${type}"`);
  }
  try {
    return decodeKnown(type, mount, version);
  } catch (error) {
    if (error instanceof EngineError && error.kind === "invalid") {
      throw invalid(`invalid mount config for type "${type}": ${error.message}`);
    }
    throw error;
  }
}

function decodeKnown(type: string, mount: Fields, version: ApiVersion): MountRequest {
  const decode = Object.hasOwn(DECODERS, type) ? DECODERS[type] : undefined;
  if (decode === undefined) throw invalid("mount type unknown");
  if (mount.text("Target") === "") throw invalid("field Target must not be empty");
  for (const [other, field] of Object.entries(OPTIONS_OF)) {
    // Older clients were let send what had no meaning.
    if (version >= 42 && other !== type && mount.findChild(field) !== undefined) {
      throw invalid(`field ${field} must not be specified`);
    }
  }
  if (version < 45 && (mount.findChild("VolumeOptions")?.text("Subpath") ?? "") !== "") {
    throw invalid("VolumeOptions.Subpath needs API v1.45 or newer");
  }
  if (version < 48 && type === "image")
    throw invalid('Mount type "Image" needs API v1.48 or newer');
  return decode(mount);
}

function decodeImageMount(mount: Fields): MountRequest {
  const source = mount.text("Source");
  if (source === "") throw invalid("field Source must not be empty");
  const subpath = mount.findChild("ImageOptions")?.text("Subpath") ?? "";
  if (!isLocal(subpath)) throw invalid("subpath must be a relative path within the image");
  return {
    kind: "image",
    source,
    target: checkTarget(mount.text("Target")),
    readonly: true,
    ...(subpath === "" ? {} : { subpath }),
    mode: "",
    via: "mounts",
  };
}

function decodeBindMount(mount: Fields): MountRequest {
  const [source, target] = [mount.text("Source"), checkTarget(mount.text("Target"))];
  if (source === "") throw invalid("field Source must not be empty");
  if (!source.startsWith("/")) {
    throw invalid(`invalid mount path: '${source}' mount path must be absolute`);
  }
  const options = mount.findChild("BindOptions");
  const propagation = options?.text("Propagation") ?? "";
  if (propagation !== "" && !isPropagation(propagation)) {
    throw invalid(`invalid propagation mode: ${propagation}`);
  }
  const writableBelow = options?.flag("ReadOnlyNonRecursive") ?? false;
  if (writableBelow && options?.flag("ReadOnlyForceRecursive") === true) {
    const fields = "ReadOnlyNonRecursive and ReadOnlyForceRecursive";
    throw invalid(`mount options conflict: ${fields}`);
  }
  return {
    kind: "bind",
    source: cleanPath(source),
    target,
    readonly: mount.flag("ReadOnly"),
    createSource: options?.flag("CreateMountpoint") ?? false,
    propagation,
    recursive: options?.flag("NonRecursive") !== true,
    ...(writableBelow ? { writableBelow } : {}),
    ...decodeIdMap(options),
    mode: "",
    via: "mounts",
  };
}

/** Ours: whose a directory of the host's is in the container. */
function decodeIdMap(options: Fields | undefined) {
  const idMap = options?.text("IdMap") ?? "";
  if (idMap === "") return {};
  if (idMap === "match-user") return { idMap } as const;
  throw invalid(`invalid id mapping: ${idMap} (must be "match-user")`);
}

function decodeVolumeMount(mount: Fields): MountRequest {
  const [source, readonly] = [mount.text("Source"), mount.flag("ReadOnly")];
  if (source === "" && readonly) {
    throw invalid("must not set ReadOnly mode when using anonymous volumes");
  }
  checkVolumeName(source);
  const options = mount.findChild("VolumeOptions");
  return {
    kind: "volume",
    source,
    target: checkTarget(mount.text("Target")),
    readonly,
    noCopy: options?.flag("NoCopy") ?? false,
    ...decodeSubpath(source, options),
    ...decodeNewVolume(source, options),
    mode: "z",
    via: "mounts",
  };
}

function decodeSubpath(source: string, options: Fields | undefined) {
  const subpath = options?.text("Subpath") ?? "";
  if (subpath === "") return {};
  if (source === "") throw invalid("must not set Subpath when using anonymous volumes");
  if (!isLocal(subpath)) throw invalid("subpath must be a relative path within the volume");
  return { subpath };
}

/** Whether a path stays, by its letters, in the directory that it starts from. */
function isLocal(text: string): boolean {
  return !text.startsWith("/") && !/^\.\.(\/|$)/.test(path.normalize(text));
}

/** What the volume is to be where there is none of that name. */
function decodeNewVolume(source: string, options: Fields | undefined) {
  const driver = options?.findChild("DriverConfig");
  checkVolumeDriver(driver?.text("Name") ?? "", source, "invalid");
  const [labels, own] = [options?.textMap("Labels") ?? {}, driver?.textMap("Options") ?? {}];
  return {
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(own).length === 0 ? {} : { options: own }),
  };
}

function decodeTmpfsMount(mount: Fields): MountRequest {
  if (mount.text("Source") !== "") throw invalid("field Source must not be specified");
  const options = mount.findChild("TmpfsOptions");
  const [size, mode] = [options?.integer("SizeBytes") ?? 0, options?.integer("Mode") ?? 0];
  return {
    kind: "tmpfs",
    target: checkTarget(mount.text("Target")),
    readonly: mount.flag("ReadOnly"),
    options: [
      ...(mode === 0 ? [] : [`mode=${mode.toString(8)}`]),
      ...(size === 0 ? [] : [`size=${size}`]),
      ...decodeTmpfsWords(options),
    ],
    via: "mounts",
  };
}

/** Since 1.46 the other options come as lists of a word, or of a name and its value. */
function decodeTmpfsWords(options: Fields | undefined): readonly string[] {
  const words = options?.value("Options") ?? [];
  const isWord = (word: unknown): word is string[] =>
    Array.isArray(word) && word.length >= 1 && word.every((part) => typeof part === "string");
  if (!Array.isArray(words) || !words.every(isWord)) throw invalid("invalid option array length");
  return words.map((word) => word.join("="));
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
