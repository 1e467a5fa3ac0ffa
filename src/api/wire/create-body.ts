import { EngineError } from "../../base/errors.ts";
import type { CreateRequest } from "../../engine/facade.ts";
import type { ContainerConfig, EndpointRequest, HostOptions } from "../../engine/model.ts";
import { type ApiVersion, NEWEST } from "../version.ts";
import { checkTarget } from "./binds.ts";
import { Fields } from "./fields.ts";
import { decodeHealthcheck } from "./healthcheck.ts";
import { decodeHostConfig } from "./host-config.ts";
import { decodeEndpoint, decodeNetworking } from "./network-config.ts";
import { refuseUnknownConfig } from "./refused.ts";

/** What comes with the body, in the query. */
export interface CreateQuery {
  readonly name: string;
  readonly platform: string;
  /** Ours: in the place of the container that has this name. */
  readonly replace?: boolean;
  readonly version: ApiVersion;
}

const NAME = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** All other fields of the body are Config's. */
const BESIDE_CONFIG: ReadonlySet<string> = new Set(["hostconfig", "networkingconfig"]);

/** Makes a CreateRequest of the body of `POST /containers/create`, or says what is wrong with it. */
export function decodeCreate(body: Fields, query: CreateQuery): CreateRequest {
  const { name, version } = query;
  if (name !== "" && !NAME.test(name)) {
    throw invalid(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  if (Object.keys(body.source).every((field) => BESIDE_CONFIG.has(field.toLowerCase()))) {
    throw invalid("config cannot be empty in order to create a container");
  }
  const host = body.findChild("HostConfig") ?? Fields.of({}, "HostConfig");
  const config = decodeConfig(body, decodeHostConfig(host, version), version);
  const networking = body.findChild("NetworkingConfig");
  const endpoints = decodeNetworking(networking, host.text("NetworkMode"), version);
  const platform = version < 41 ? "" : query.platform;
  return {
    ...(name === "" ? {} : { name: name.replace(/^\//, "") }),
    ...(platform === "" ? {} : { platform }),
    ...(query.replace === true ? { replace: true } : {}),
    config: { ...config, endpoints: withMacAddress(endpoints, config, body.text("MacAddress")) },
  };
}

/** Until 1.44 the address of the one link that there was stood beside the networks. */
function withMacAddress(
  endpoints: readonly EndpointRequest[],
  { host: { network } }: ContainerConfig,
  macAddress: string,
): readonly EndpointRequest[] {
  if (macAddress === "" || network.kind !== "network") return endpoints;
  const main = endpoints.find((endpoint) => endpoint.network === network.network);
  if (main?.macAddress !== undefined && main.macAddress !== macAddress) {
    throw invalid(
      "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty",
    );
  }
  const others = endpoints.filter((endpoint) => endpoint !== main);
  return [
    {
      ...(main ?? decodeEndpoint(undefined, { network: network.network, version: NEWEST })),
      macAddress,
    },
    ...others,
  ];
}

function decodeConfig(config: Fields, host: HostOptions, version: ApiVersion): ContainerConfig {
  refuseUnknownConfig(config);
  checkSharedNetwork(config, host);
  const hostname = config.text("Hostname");
  const healthcheck = decodeHealthcheck(config.findChild("Healthcheck"), version);
  const stopTimeoutSeconds = config.findInteger("StopTimeout");
  return {
    image: config.text("Image"),
    ...(hostname === "" ? {} : { hostname }),
    domainname: config.text("Domainname"),
    user: config.text("User"),
    env: config.texts("Env").map(checkEnv),
    ...decodeWords(config),
    workingDir: checkWorkingDir(config.text("WorkingDir")),
    labels: config.textMap("Labels"),
    volumes: config.keys("Volumes").map(checkTarget),
    exposedPorts: config.keys("ExposedPorts").map(checkPort),
    endpoints: [],
    tty: config.flag("Tty"),
    openStdin: config.flag("OpenStdin"),
    stdinOnce: config.flag("StdinOnce"),
    attach: {
      stdin: config.flag("AttachStdin"),
      stdout: config.flag("AttachStdout"),
      stderr: config.flag("AttachStderr"),
    },
    stopSignal: config.text("StopSignal"),
    ...(stopTimeoutSeconds === undefined ? {} : { stopTimeoutSeconds }),
    networkDisabled: config.flag("NetworkDisabled"),
    ...(healthcheck === undefined ? {} : { healthcheck }),
    host,
  };
}

/** An entry point of one empty word is how clients say "none, whatever the image has". */
function decodeWords(config: Fields): Pick<ContainerConfig, "entrypoint" | "command"> {
  const entrypoint = config.findWords("Entrypoint");
  const command = config.findWords("Cmd");
  const reset = entrypoint?.length === 1 && entrypoint[0] === "";
  return {
    ...(entrypoint === undefined || entrypoint.length === 0
      ? {}
      : { entrypoint: reset ? [] : entrypoint }),
    ...(command === undefined || command.length === 0 ? {} : { command }),
  };
}

function checkSharedNetwork(config: Fields, host: HostOptions): void {
  if (host.network.kind === "container" && config.keys("ExposedPorts").length > 0) {
    throw invalid("conflicting options: port exposing and the container type network mode");
  }
}

function checkEnv(variable: string): string {
  if (variable === "" || variable.startsWith("=")) {
    throw invalid(`invalid environment variable: ${variable}`);
  }
  return variable;
}

function checkWorkingDir(directory: string): string {
  if (directory === "" || directory.startsWith("/")) return directory;
  throw invalid(`the working directory '${directory}' is invalid, it needs to be an absolute path`);
}

function checkPort(port: string): string {
  const [, start, end = start, protocol = "tcp"] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(port) ?? [];
  if (start === undefined || Number(start) > 65535 || Number(end) > 65535) {
    throw invalid(`invalid port specification: ${JSON.stringify(port)}`);
  }
  const range = end === start ? start : `${start}-${end}`;
  return `${range}/${protocol.toLowerCase()}`;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
