import type { RuntimeConfig } from "../../oci/image.ts";
import { applyChanges } from "../../oci/image-changes.ts";
import type { CommitRequest } from "../commit-facade.ts";
import type { ContainerRecord } from "../containers/record.ts";

/**
 * What an image says that is made of a container: what the request says, with its Dockerfile lines, and
 * what the container has for all that it leaves open, as Docker puts them together.
 */
export function committedConfig(
  record: ContainerRecord,
  image: RuntimeConfig,
  { config, changes }: Pick<CommitRequest, "config" | "changes">,
): RuntimeConfig {
  const own = configOf(record, image);
  const asked = config ?? own;
  const changed = applyChanges(config === undefined ? asked : withShell(asked, image), changes);
  return config === undefined ? changed : fillIn(changed, own);
}

/** What a container has, in the terms of an image. */
function configOf(
  { config, effective }: ContainerRecord,
  { shell, onBuild, healthcheck, stopSignal }: RuntimeConfig,
): RuntimeConfig {
  const { entrypoint, command } = effective;
  return {
    user: effective.user,
    exposedPorts: effective.exposedPorts,
    env: effective.env,
    volumes: effective.volumes,
    workingDir: effective.workingDir === "/" ? config.workingDir : effective.workingDir,
    labels: effective.labels,
    stopSignal: config.stopSignal === "" ? stopSignal : config.stopSignal,
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(command === undefined ? {} : { command }),
    ...(shell === undefined ? {} : { shell }),
    ...(onBuild === undefined ? {} : { onBuild }),
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

/** The lines may have commands for the shell. */
function withShell(config: RuntimeConfig, { shell }: RuntimeConfig): RuntimeConfig {
  return config.shell === undefined && shell !== undefined ? { ...config, shell } : config;
}

function fillIn(asked: RuntimeConfig, own: RuntimeConfig): RuntimeConfig {
  const names = new Set(asked.env.map(nameOf));
  return {
    ...own,
    ...asked,
    user: asked.user || own.user,
    exposedPorts: union(asked.exposedPorts, own.exposedPorts),
    env: [...asked.env, ...own.env.filter((entry) => !names.has(nameOf(entry)))],
    volumes: union(asked.volumes, own.volumes),
    workingDir: asked.workingDir || own.workingDir,
    labels: { ...own.labels, ...asked.labels },
    stopSignal: asked.stopSignal || own.stopSignal,
    ...commandOf(asked, own),
  };
}

/** A new entry point does not keep the old one's arguments. */
function commandOf(asked: RuntimeConfig, own: RuntimeConfig) {
  if ((asked.entrypoint?.length ?? 0) > 0) {
    const { command = [] } = asked;
    return { entrypoint: asked.entrypoint ?? [], command };
  }
  const entrypoint = asked.entrypoint ?? own.entrypoint;
  const command = (asked.command?.length ?? 0) > 0 ? asked.command : own.command;
  return {
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(command === undefined ? {} : { command }),
  };
}

function nameOf(variable: string): string {
  return variable.split("=", 1)[0] ?? "";
}

function union(asked: readonly string[], own: readonly string[]): readonly string[] {
  return [...new Set([...asked, ...own])].sort();
}
