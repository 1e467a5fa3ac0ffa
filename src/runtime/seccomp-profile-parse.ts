import { EngineError } from "../base/errors.ts";
import {
  isSeccompAction,
  isSeccompOperator,
  type SeccompActionName,
} from "../linux/seccomp-model.ts";
import type { SeccompArg, SeccompRule } from "../oci/runtime-spec.ts";
import { type JsonField, parseProfileJson } from "./seccomp-profile-json.ts";

/** A profile in Docker's format: a filter whose rules may depend on the container and the host. */
export interface SeccompProfile {
  readonly defaultAction: SeccompActionName;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  /** Instead of `architectures`: those that go together with the host's. */
  readonly archMap: readonly ArchitectureGroup[];
  readonly flags: readonly string[];
  readonly rules: readonly ProfileRule[];
}

/** An architecture of the host, and those whose programs it runs too. */
export interface ArchitectureGroup {
  readonly architecture: string;
  readonly subArchitectures: readonly string[];
}

/** A rule, and when it is one. */
export interface ProfileRule {
  readonly rule: SeccompRule;
  readonly includes: RuleFilter;
  readonly excludes: RuleFilter;
}

/** What a rule may depend on. Empty: it does not. */
export interface RuleFilter {
  readonly capabilities: readonly string[];
  /** By Docker's names, such as `amd64`. */
  readonly architectures: readonly string[];
  readonly minKernel?: KernelVersion;
}

/** The first two numbers of a kernel's release. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
}

/** Reads a profile, as a user gives it by `--security-opt seccomp=`. */
export function parseSeccompProfile(text: string): SeccompProfile {
  const profile = parseProfileJson(text);
  refuse(profile, "listenerPath");
  refuse(profile, "listenerMetadata");
  const architectures = texts(profile, "architectures");
  const archMap = list(profile, "archMap").map(parseGroup);
  if (architectures.length > 0 && archMap.length > 0) {
    throw contradiction("architectures", "archMap");
  }
  return {
    defaultAction: parseAction(required(profile, "defaultAction")),
    ...optionalNumber(profile, "defaultErrnoRet"),
    architectures,
    archMap,
    flags: texts(profile, "flags"),
    rules: list(profile, "syscalls").map(parseRule),
  };
}

/** Reads the start of a kernel's release, such as `6.1.0-13-amd64`. */
export function parseKernelVersion(release: string): KernelVersion | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  return { major: Number(major), minor: Number(minor) };
}

function parseGroup(group: JsonField): ArchitectureGroup {
  return {
    architecture: required(group, "architecture").text(),
    subArchitectures: texts(group, "subArchitectures"),
  };
}

function parseRule(field: JsonField): ProfileRule {
  const args = list(field, "args").map(parseArgument);
  return {
    rule: {
      names: parseNames(field),
      action: parseAction(required(field, "action")),
      ...optionalNumber(field, "errnoRet"),
      ...(args.length > 0 ? { args } : {}),
    },
    includes: parseFilter(field.find("includes")),
    excludes: parseFilter(field.find("excludes")),
  };
}

function parseNames(rule: JsonField): readonly string[] {
  const name = rule.find("name")?.text() ?? "";
  const names = texts(rule, "names");
  if (name === "") return names;
  if (names.length > 0) throw contradiction("name", "names");
  return [name];
}

function parseArgument(argument: JsonField): SeccompArg {
  const index = argument.find("index");
  const number = index?.number() ?? 0;
  if (index !== undefined && number > 5) throw index.error("0 to 5");
  const valueTwo = argument.find("valueTwo");
  return {
    index: number,
    value: argument.find("value")?.word() ?? 0,
    ...(valueTwo === undefined ? {} : { valueTwo: valueTwo.word() }),
    op: required(argument, "op").name(isSeccompOperator, "a comparison"),
  };
}

function parseFilter(filter: JsonField | undefined): RuleFilter {
  if (filter === undefined) return { capabilities: [], architectures: [] };
  const minKernel = filter.find("minKernel");
  const version = minKernel === undefined ? undefined : parseKernelVersion(minKernel.text());
  if (minKernel !== undefined && version === undefined) {
    throw minKernel.error("a kernel's version such as 4.8");
  }
  return {
    capabilities: texts(filter, "caps"),
    architectures: texts(filter, "arches"),
    ...(version === undefined ? {} : { minKernel: version }),
  };
}

function parseAction(field: JsonField): SeccompActionName {
  return field.name(isSeccompAction, "a seccomp action that this engine has");
}

function optionalNumber<Key extends string>(object: JsonField, key: Key) {
  const field = object.find(key);
  return field === undefined ? {} : ({ [key]: field.number() } as Record<Key, number>);
}

function texts(object: JsonField, key: string): readonly string[] {
  return object.find(key)?.texts() ?? [];
}

function list(object: JsonField, key: string): readonly JsonField[] {
  return object.find(key)?.list() ?? [];
}

function required(object: JsonField, key: string): JsonField {
  const field = object.find(key);
  if (field === undefined) throw object.error(`a "${key}" in it`);
  return field;
}

function refuse(object: JsonField, key: string): void {
  if ((object.find(key)?.text() ?? "") === "") return;
  throw new EngineError("invalid", `Cannot use the seccomp profile: ${key} is not supported yet`);
}

function contradiction(one: string, other: string): EngineError {
  const reason = `both "${one}" and "${other}" are specified, want one of them`;
  return new EngineError("invalid", `Cannot use the seccomp profile: ${reason}`);
}
