import { posix as path } from "node:path";
import { EngineError } from "../../base/errors.ts";
import { parseSignal } from "../../linux/signal.ts";
import type { ContainerView } from "../facade.ts";
import { combineHealthcheck } from "../health/healthcheck.ts";
import type { ImageRuntimeConfig } from "../image-facade.ts";
import type { ContainerConfig } from "../model.ts";
import { combineCommand } from "./command.ts";
import { checkEnv, mergeEnv } from "./environment.ts";

/** What config and image together come to. */
export type Effective = ContainerView["effective"];

/** Combines a request with its image; what cannot be is refused with Docker's text. */
export function combineConfig(
  config: ContainerConfig,
  image: ImageRuntimeConfig,
  hostname: string,
): Effective {
  checkEnv(config.env);
  const command = combineCommand(config, image);
  const healthcheck = combineHealthcheck(config, image);
  return {
    ...command,
    env: mergeEnv(config.env, image.env),
    workingDir: workingDir(config.workingDir, image.workingDir),
    user: config.user === "" ? image.user : config.user,
    labels: { ...image.labels, ...config.labels },
    hostname,
    stopSignal: stopSignal(config.stopSignal, image.stopSignal),
    exposedPorts: union(config.exposedPorts, image.exposedPorts),
    volumes: union(config.volumes, image.volumes),
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

function workingDir(asked: string, image: string): string {
  if (asked !== "" && !asked.startsWith("/")) {
    const message = `the working directory '${asked}' is invalid, it needs to be an absolute path`;
    throw new EngineError("invalid", message);
  }
  return path.resolve("/", asked === "" ? image : asked);
}

/** A bad one in the image is found out now too, and not when the container is to be stopped. */
function stopSignal(asked: string, image: string): string {
  const signal = asked === "" ? image : asked;
  if (signal === "") return "SIGTERM";
  parseSignal(signal);
  return signal;
}

function union(asked: readonly string[], image: readonly string[]): readonly string[] {
  return [...new Set([...asked, ...image])];
}
