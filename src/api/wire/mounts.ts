import { EngineError } from "../../base/errors.ts";
import type { MountRequest } from "../../engine/model.ts";
import { checkTarget, checkVolumeName, cleanPath, decodeBind, isPropagation } from "./binds.ts";
import type { Fields } from "./fields.ts";
import { notYet } from "./refused.ts";

/** Everything that a container is to have mounted: `-v`, `--mount` and `--tmpfs`, in this order. */
export function decodeMounts(host: Fields): readonly MountRequest[] {
  return [
    ...host.texts("Binds").map(decodeBind),
    ...host.children("Mounts").map(decodeMount),
    ...Object.entries(host.textMap("Tmpfs")).map(([target, options]) =>
      decodeTmpfs(target, options),
    ),
  ];
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
};

const OPTIONS_OF: Readonly<Record<string, string>> = {
  bind: "BindOptions",
  volume: "VolumeOptions",
  tmpfs: "TmpfsOptions",
  image: "ImageOptions",
  cluster: "ClusterOptions",
};

function decodeMount(mount: Fields): MountRequest {
  const type = mount.text("Type");
  if (type === "image" || type === "cluster" || type === "npipe") {
    throw notYet("HostConfig.Mounts", `mounts of type "${type}"`);
  }
  try {
    return decodeKnown(type, mount);
  } catch (error) {
    if (error instanceof EngineError && error.kind === "invalid") {
      throw invalid(`invalid mount config for type "${type}": ${error.message}`);
    }
    throw error;
  }
}

function decodeKnown(type: string, mount: Fields): MountRequest {
  const decode = Object.hasOwn(DECODERS, type) ? DECODERS[type] : undefined;
  if (decode === undefined) throw invalid("mount type unknown");
  if (mount.text("Target") === "") throw invalid("field Target must not be empty");
  for (const [other, field] of Object.entries(OPTIONS_OF)) {
    if (other !== type && mount.findChild(field) !== undefined) {
      throw invalid(`field ${field} must not be specified`);
    }
  }
  return decode(mount);
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
  if (options?.flag("ReadOnlyNonRecursive") === true) {
    throw notYet("HostConfig.Mounts", "read-only binds with writable mounts beneath them");
  }
  return {
    kind: "bind",
    source: cleanPath(source),
    target,
    readonly: mount.flag("ReadOnly"),
    createSource: options?.flag("CreateMountpoint") ?? false,
    propagation,
    recursive: options?.flag("NonRecursive") !== true,
    mode: "",
    via: "mounts",
  };
}

function decodeVolumeMount(mount: Fields): MountRequest {
  const [source, readonly] = [mount.text("Source"), mount.flag("ReadOnly")];
  if (source === "" && readonly) {
    throw invalid("must not set ReadOnly mode when using anonymous volumes");
  }
  checkVolumeName(source);
  const options = mount.findChild("VolumeOptions");
  refuseVolumeOptions(options);
  return {
    kind: "volume",
    source,
    target: checkTarget(mount.text("Target")),
    readonly,
    noCopy: options?.flag("NoCopy") ?? false,
    mode: "z",
    via: "mounts",
  };
}

function refuseVolumeOptions(options: Fields | undefined): void {
  const driver = options?.findChild("DriverConfig");
  const name = driver?.text("Name") ?? "";
  if (name !== "" && name !== "local") throw notYet("HostConfig.Mounts", "volume drivers");
  if (Object.keys(driver?.textMap("Options") ?? {}).length > 0) {
    throw notYet("HostConfig.Mounts", "options of volume drivers");
  }
  if ((options?.text("Subpath") ?? "") !== "") {
    throw notYet("HostConfig.Mounts", "volume subpaths");
  }
  if (Object.keys(options?.textMap("Labels") ?? {}).length > 0) {
    throw notYet("HostConfig.Mounts", "labels of volumes");
  }
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
