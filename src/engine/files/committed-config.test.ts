import { expect, test } from "bun:test";
import { containerConfig } from "../../../test/support/container-config.ts";
import { EMPTY_RUNTIME_CONFIG, type RuntimeConfig } from "../../oci/image.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { committedConfig } from "./committed-config.ts";

const IMAGE: RuntimeConfig = {
  ...EMPTY_RUNTIME_CONFIG,
  shell: ["/bin/bash", "-c"],
  onBuild: ["RUN x"],
  stopSignal: "SIGINT",
};

const RECORD: Pick<ContainerRecord, "config" | "effective"> = {
  config: containerConfig(),
  effective: {
    path: "run",
    args: [],
    entrypoint: ["run"],
    command: ["arg"],
    env: ["A=1", "B=2"],
    workingDir: "/",
    user: "me",
    labels: { l: "m" },
    hostname: "h",
    stopSignal: "SIGINT",
    exposedPorts: ["80/tcp"],
    volumes: ["/v"],
  },
};

const commit = (config?: Partial<RuntimeConfig>, ...changes: readonly string[]) =>
  committedConfig(RECORD as ContainerRecord, IMAGE, {
    changes,
    ...(config === undefined ? {} : { config: { ...EMPTY_RUNTIME_CONFIG, ...config } }),
  });

test("what a container has becomes the image's, with what only images have", () => {
  expect(commit()).toEqual({
    user: "me",
    exposedPorts: ["80/tcp"],
    env: ["A=1", "B=2"],
    volumes: ["/v"],
    workingDir: "",
    labels: { l: "m" },
    stopSignal: "SIGINT",
    entrypoint: ["run"],
    command: ["arg"],
    shell: ["/bin/bash", "-c"],
    onBuild: ["RUN x"],
  });
});

test("lines change it, for the shell that the image has", () => {
  const { command, env, user } = commit(undefined, "CMD echo x", "ENV B=3 C=4", "USER other");
  expect(command).toEqual(["/bin/bash", "-c", "echo x"]);
  expect(env).toEqual(["A=1", "B=3", "C=4"]);
  expect(user).toBe("other");
  expect(() => commit(undefined, "RUN true")).toThrow("run is not a valid change command");
});

test("a request's own words win, and what it leaves open is the container's", () => {
  const made = commit({ env: ["B=9"], labels: { l: "n" }, exposedPorts: ["81/tcp"], user: "5" });
  expect(made).toMatchObject({
    env: ["B=9", "A=1"],
    labels: { l: "n" },
    exposedPorts: ["80/tcp", "81/tcp"],
    user: "5",
    entrypoint: ["run"],
    command: ["arg"],
  });
  expect(commit({ command: ["new"] })).toMatchObject({ entrypoint: ["run"], command: ["new"] });
});

test("a new entry point does not keep the old one's arguments", () => {
  expect(commit({ entrypoint: ["new"] })).toMatchObject({ entrypoint: ["new"], command: [] });
});
