import { EngineError } from "../base/errors.ts";
import { type Digest, parseDigest } from "./digest.ts";
import {
  asFields,
  type Fields,
  fieldOf,
  fieldsOf,
  findList,
  findTexts,
  parseFields,
  textMapOf,
  textOf,
} from "./json-fields.ts";
import { type Platform, platformFrom } from "./platform.ts";

/** What an image says of the containers that are made of it. */
export interface RuntimeConfig {
  readonly user: string;
  readonly exposedPorts: readonly string[];
  readonly env: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly volumes: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
  readonly shell?: readonly string[];
  readonly onBuild?: readonly string[];
  /** Docker's JSON as it stands. */
  readonly healthcheck?: unknown;
}

export interface HistoryEntry {
  readonly created: string;
  readonly createdBy: string;
  readonly author: string;
  readonly comment: string;
  /** It made no layer. */
  readonly isEmptyLayer: boolean;
}

/** An image's configuration: the document whose digest is the image's id. */
export interface ImageConfig extends Platform {
  /** RFC 3339; empty where it is not said. */
  readonly created: string;
  readonly author: string;
  readonly comment: string;
  readonly config: RuntimeConfig;
  /** Lowest first. */
  readonly diffIds: readonly Digest[];
  readonly history: readonly HistoryEntry[];
}

export const EMPTY_RUNTIME_CONFIG: RuntimeConfig = {
  user: "",
  exposedPorts: [],
  env: [],
  volumes: [],
  workingDir: "",
  labels: {},
  stopSignal: "",
};

/** Reads an image's configuration, OCI's or Docker's. */
export function parseImageConfig(text: string): ImageConfig {
  const fields = parseFields(text, "the image's configuration");
  const rootfs = fieldsOf(fields, "rootfs");
  const diffIds = findTexts(rootfs, "diff_ids");
  if (diffIds === undefined && fieldOf(rootfs, "type") !== "layers") {
    throw new EngineError("invalid", "Cannot read the image's configuration: it lists no layers");
  }
  return {
    ...platformFrom(fields),
    created: textOf(fields, "created"),
    author: textOf(fields, "author"),
    comment: textOf(fields, "comment"),
    config: parseRuntimeConfig(fieldsOf(fields, "config")),
    diffIds: (diffIds ?? []).map(parseDigest),
    history: (findList(fields, "history") ?? []).map(parseHistory),
  };
}

/** Writes a configuration as OCI has it. What was parsed from elsewhere can have had more fields. */
export function encodeImageConfig(image: ImageConfig): string {
  const { os, architecture, variant, created, author, comment, config, diffIds, history } = image;
  return JSON.stringify({
    architecture,
    ...optional("variant", variant),
    os,
    created,
    ...optional("author", author),
    ...optional("comment", comment),
    config: encodeRuntimeConfig(config),
    rootfs: { type: "layers", diff_ids: diffIds },
    history: history.map(encodeHistory),
  });
}

function parseRuntimeConfig(fields: Fields): RuntimeConfig {
  return {
    user: textOf(fields, "User"),
    exposedPorts: Object.keys(fieldsOf(fields, "ExposedPorts")).sort(),
    env: findTexts(fields, "Env") ?? [],
    volumes: Object.keys(fieldsOf(fields, "Volumes")).sort(),
    workingDir: textOf(fields, "WorkingDir"),
    labels: textMapOf(fields, "Labels"),
    stopSignal: textOf(fields, "StopSignal"),
    ...optional("entrypoint", findWords(fields, "Entrypoint")),
    ...optional("command", findWords(fields, "Cmd")),
    ...optional("shell", findWords(fields, "Shell")),
    ...optional("onBuild", findTexts(fields, "OnBuild")),
    ...optional("healthcheck", fieldOf(fields, "Healthcheck")),
  };
}

/** Old images can have one text in place of a list. */
function findWords(fields: Fields, key: string): readonly string[] | undefined {
  const value = fieldOf(fields, key);
  return typeof value === "string" ? [value] : findTexts(fields, key);
}

function encodeRuntimeConfig(config: RuntimeConfig): object {
  return {
    ...optional("User", config.user),
    ...optional("ExposedPorts", setOf(config.exposedPorts)),
    ...optional("Env", notEmpty(config.env)),
    ...optional("Entrypoint", config.entrypoint),
    ...optional("Cmd", config.command),
    ...optional("Volumes", setOf(config.volumes)),
    ...optional("WorkingDir", config.workingDir),
    ...optional("Labels", Object.keys(config.labels).length === 0 ? undefined : config.labels),
    ...optional("StopSignal", config.stopSignal),
    ...optional("Shell", config.shell),
    ...optional("OnBuild", config.onBuild),
    ...optional("Healthcheck", config.healthcheck),
  };
}

/** OCI writes a set as an object whose values are empty objects. */
function setOf(names: readonly string[]): object | undefined {
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, {}]));
}

function notEmpty<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list;
}

function parseHistory(value: unknown): HistoryEntry {
  const fields = asFields(value, "the image's history");
  return {
    created: textOf(fields, "created"),
    createdBy: textOf(fields, "created_by"),
    author: textOf(fields, "author"),
    comment: textOf(fields, "comment"),
    isEmptyLayer: fieldOf(fields, "empty_layer") === true,
  };
}

function encodeHistory(entry: HistoryEntry): object {
  return {
    created: entry.created,
    ...optional("created_by", entry.createdBy),
    ...optional("author", entry.author),
    ...optional("comment", entry.comment),
    ...(entry.isEmptyLayer ? { empty_layer: true } : {}),
  };
}

/** A field that is left out where it says nothing. */
function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> {
  if (value === undefined || value === "") return {};
  return { [key]: value } as Record<Key, Value>;
}
