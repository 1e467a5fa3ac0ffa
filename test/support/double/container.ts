import { formatTime, NEVER, nowNs } from "../../../src/base/time.ts";
import { modeText } from "../../../src/engine/containers/view.ts";
import type { ContainerView, CreateRequest } from "../../../src/engine/facade.ts";
import { plainEndpoint } from "../../../src/engine/networks/endpoint-plan.ts";
import { Program } from "./program.ts";

/** A container that the engine double knows of. */
export class DoubleContainer {
  readonly id: string;
  readonly request: CreateRequest;
  readonly program: Program;
  readonly #createdAt = formatTime(nowNs());
  name: string;

  constructor(id: string, request: CreateRequest) {
    this.id = id;
    this.request = request;
    this.name = request.name ?? `double_${id.slice(-4)}`;
    this.program = new Program(request.config.command ?? ["sh"]);
  }

  view(): ContainerView {
    const { config } = this.request;
    const { running, exitCode } = this.program;
    const [path = "", ...args] = config.command ?? ["sh"];
    return {
      id: this.id,
      name: this.name,
      createdAt: this.#createdAt,
      config,
      effective: {
        path,
        args,
        entrypoint: undefined,
        command: config.command,
        env: config.env,
        workingDir: config.workingDir,
        user: config.user,
        labels: config.labels,
        hostname: config.hostname ?? this.id.slice(0, 12),
        stopSignal: config.stopSignal,
        exposedPorts: config.exposedPorts,
        volumes: config.volumes,
      },
      imageId: `sha256:${"a".repeat(64)}`,
      state: {
        status: running ? "running" : exitCode === undefined ? "created" : "exited",
        pid: running ? 42 : 0,
        exitCode: exitCode ?? 0,
        oomKilled: false,
        error: "",
        startedAt: running ? this.#createdAt : NEVER,
        finishedAt: exitCode === undefined ? NEVER : this.#createdAt,
      },
      mounts: [],
      network: {
        mode: modeText(config.host.network),
        namespacePath: "/proc/42/ns/net",
        endpoints: [
          {
            network: modeText(config.host.network),
            networkId: "n".repeat(64),
            request: plainEndpoint("bridge"),
            endpointId: "e".repeat(64),
            macAddress: "02:42:ac:1e:00:02",
            ipv4: { address: "172.30.0.2", prefixLength: 16, gateway: "172.30.0.1" },
            ipv6: { address: "", prefixLength: 0, gateway: "" },
            names: [],
          },
        ],
        ports: [],
      },
      execIds: [],
      restartCount: 0,
      logPath: `/log/${this.id}`,
      hostnamePath: "/hostname",
      hostsPath: "/hosts",
      resolvConfPath: "/resolv.conf",
      userNamespace: { hostId: 100_000, size: 65_536 },
      storage: { driver: "overlay", lowers: ["/l2", "/l1"], upper: "/u", work: "/w" },
      size: { writableBytes: 10, rootBytes: 20 },
    };
  }
}
