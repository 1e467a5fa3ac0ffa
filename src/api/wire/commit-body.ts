import type { CommitRequest } from "../../engine/commit-facade.ts";
import type { RuntimeConfig } from "../../oci/image.ts";
import { flag } from "../query.ts";
import { imageTarget } from "../routes/images.ts";
import type { Fields } from "./fields.ts";

/** What `POST /commit` asks: most of it in the query, and in the body what is to be other than in the container. */
export function decodeCommit(body: Fields | undefined, query: URLSearchParams): CommitRequest {
  return {
    target: imageTarget(query),
    comment: query.get("comment") ?? "",
    author: query.get("author") ?? "",
    changes: query.getAll("changes").flatMap((text) => text.split("\n")),
    pause: flag(query, "pause", true),
    ...(body === undefined ? {} : { config: decodeRuntimeConfig(body) }),
  };
}

/** Docker's Config, as far as an image can say it: what is only a container's own is nobody else's. */
function decodeRuntimeConfig(config: Fields): RuntimeConfig {
  const optional = {
    entrypoint: config.findWords("Entrypoint"),
    command: config.findWords("Cmd"),
    shell: config.findTexts("Shell"),
    onBuild: config.findTexts("OnBuild"),
    healthcheck: config.value("Healthcheck") ?? undefined,
  };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    user: config.text("User"),
    exposedPorts: config.keys("ExposedPorts"),
    env: config.texts("Env"),
    volumes: config.keys("Volumes"),
    workingDir: config.text("WorkingDir"),
    labels: config.textMap("Labels"),
    stopSignal: config.text("StopSignal"),
    ...Object.fromEntries(given),
  };
}
