import { EngineError } from "../../../src/base/errors.ts";
import { nowNs } from "../../../src/base/time.ts";
import type { CreateRequest, Engine, ExecConfig } from "../../../src/engine/facade.ts";
import type { Event } from "../../../src/engine/system-facade.ts";
import { DoubleContainer } from "./container.ts";
import { filesDouble } from "./files.ts";
import { ImagesDouble } from "./images.ts";
import { NETWORK } from "./network.ts";
import { Program, sessionOf } from "./program.ts";
import { RegistriesDouble } from "./registries.ts";
import { SYSTEM } from "./system.ts";
import { VolumesDouble } from "./volumes.ts";

/**
 * An engine without a kernel: its programs are `cat`, `echo …`, `exit n`, `both` and `sleep`. It shows
 * what the API makes of requests, and keeps what came in.
 */
export class EngineDouble implements Engine {
  readonly requests: CreateRequest[] = [];
  readonly calls: unknown[][] = [];
  readonly table = new Map<string, DoubleContainer>();
  readonly execTable = new Map<
    string,
    { container: string; config: ExecConfig; program: Program }
  >();
  readonly published: Event[] = [];
  readonly #news = new Set<() => void>();
  #ids = 0;

  readonly networks: Engine["networks"] = {
    create: async (request) => {
      this.calls.push(["createNetwork", request]);
      return { id: "n".repeat(64), warning: "" };
    },
    list: async (filters) => {
      this.calls.push(["listNetworks", filters]);
      return [NETWORK];
    },
    get: async (ref) => {
      if (ref === NETWORK.name) return NETWORK;
      throw new EngineError("not-found", `network ${ref} not found`);
    },
    connect: async (...args) => void this.calls.push(["connect", ...args]),
    disconnect: async (...args) => void this.calls.push(["disconnect", ...args]),
    remove: async (ref) => void this.calls.push(["removeNetwork", ref]),
    prune: async (filters) => {
      this.calls.push(["pruneNetworks", filters]);
      return ["old"];
    },
  };

  readonly control: Engine["control"] = {
    pause: async (ref) => void this.calls.push(["pause", this.#get(ref).id]),
    unpause: async (ref) => void this.calls.push(["unpause", this.#get(ref).id]),
    updateLimits: async (ref, change) => {
      this.calls.push(["updateLimits", ref, change]);
      return [];
    },
    stats: (ref, query) => {
      this.calls.push(["stats", ref, query]);
      const { id, name } = this.#get(ref);
      return (async function* () {
        yield { id, name };
      })();
    },
    top: async (ref, text) => {
      this.calls.push(["top", ref, text]);
      return { titles: ["PID"], processes: [["42"]] };
    },
    why: async (ref) => {
      const { id, name } = this.#get(ref);
      const told = { what: "It runs.", why: [], advice: [] };
      return { id, name, status: "running", ...told, exitCode: 0, signal: "", oomKilled: false };
    },
  };

  readonly containers: Engine["containers"] = {
    create: async (request) => {
      this.requests.push(request);
      if (!this.images.has(request.config.image)) {
        throw new EngineError("not-found", `No such image: ${request.config.image}:latest`);
      }
      const id = this.#newId();
      const container = new DoubleContainer(id, request);
      this.table.set(id, container);
      this.#publish("create", container);
      return { id, warnings: [] };
    },
    explain: async () => ({ phases: [], steps: [] }),
    trace: async (ref) => ({ containerId: this.#get(ref).id, phases: [], steps: [] }),
    start: async (ref) => {
      const container = this.#get(ref);
      if (container.program.running) return "already-running";
      container.program.start();
      this.#publish("start", container);
      void container.program.exited.then(() => {
        this.#publish("die", container);
        if (container.request.config.host.autoRemove) this.#remove(container);
      });
      return "started";
    },
    stop: async (ref, options) => {
      this.calls.push(["stop", ref, options]);
      const { program } = this.#get(ref);
      if (!program.running) return "already-stopped";
      program.exit(143);
      return "stopped";
    },
    restart: async (ref, options) => void this.calls.push(["restart", ref, options]),
    kill: async (ref, signal) => {
      this.calls.push(["kill", ref, signal]);
      const { id, program } = this.#get(ref);
      if (!program.running) throw new EngineError("conflict", `container ${id} is not running`);
      program.exit(137);
    },
    rename: async (ref, name) => {
      this.#get(ref).name = name;
    },
    updateRestartPolicy: async (ref, policy) =>
      void this.calls.push(["updateRestartPolicy", this.#get(ref).id, policy]),
    updatePorts: async (ref, change) => void this.calls.push(["updatePorts", ref, change]),
    resize: async (ref, size) => void this.calls.push(["resize", ref, size]),
    remove: async (ref, options) => {
      this.calls.push(["remove", ref, options]);
      this.#remove(this.#get(ref));
    },
    wait: async (ref, condition, signal) => {
      this.calls.push(["wait", ref, condition]);
      const container = this.#get(ref);
      const gone = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
      );
      return {
        done: Promise.race([container.program.exited, gone]).then((exitCode) => ({ exitCode })),
      };
    },
    list: async (query) => {
      this.calls.push(["list", query]);
      const all = [...this.table.values()].filter(({ program }) => query.all || program.running);
      return all.map((container) => container.view());
    },
    get: async (ref, options) => {
      const { size, ...view } = this.#get(ref).view();
      return options?.size === true && size !== undefined ? { ...view, size } : view;
    },
    logs: async (ref, query, signal) => {
      this.calls.push(["logs", ref, query]);
      const { program, request } = this.#get(ref);
      return {
        tty: request.config.tty,
        output: program.output(request.config.tty, query.follow, signal),
      };
    },
    clearLogs: async (ref) => void this.calls.push(["clearLogs", this.#get(ref).view().id]),
    attach: async (ref, options) => {
      this.calls.push(["attach", ref, options]);
      const { program, request } = this.#get(ref);
      return sessionOf(program, request.config.tty, options);
    },
    prune: async (filters) => {
      this.calls.push(["prune", filters]);
      return { deleted: [], reclaimedBytes: 12 };
    },
  };

  readonly files = filesDouble(this.calls);

  readonly execs: Engine["execs"] = {
    create: async (container, config) => {
      const id = this.#newId();
      const program = new Program(config.command);
      this.execTable.set(id, { container: this.#get(container).id, config, program });
      return id;
    },
    start: async (id, options) => {
      this.calls.push(["exec start", options]);
      const { program, config } = this.#exec(id);
      const session = sessionOf(program, config.tty, {
        ...config.attach,
        logs: false,
        stream: true,
      });
      return {
        tty: session.tty,
        serve: (client) => {
          const served = session.serve(client);
          program.start();
          return served;
        },
      };
    },
    startDetached: async (id) => this.#exec(id).program.start(),
    resize: async (id, size) =>
      void this.calls.push(["exec resize", this.#exec(id).container, size]),
    get: async (id) => {
      const { container, config, program } = this.#exec(id);
      const { running, exitCode } = program;
      return {
        id,
        containerId: container,
        config,
        running,
        pid: 7,
        ...(exitCode === undefined ? {} : { exitCode }),
      };
    },
  };

  readonly registries = new RegistriesDouble();
  readonly images = new ImagesDouble();
  readonly volumes = new VolumesDouble();

  readonly events: Engine["events"] = {
    subscribe: (query, signal) => {
      this.calls.push(["events", query]);
      return this.#follow(signal);
    },
  };

  readonly system = SYSTEM;

  publish(event: Event): void {
    this.published.push(event);
    for (const tell of this.#news) tell();
  }

  #publish(action: string, { id, name, request }: DoubleContainer): void {
    const attributes = { name, image: request.config.image };
    this.publish({ type: "container", action, actorId: id, attributes, timeNs: nowNs() });
  }

  async *#follow(signal: AbortSignal): AsyncGenerator<Event> {
    for (let at = 0; !signal.aborted; ) {
      const event = this.published[at];
      if (event !== undefined) {
        at += 1;
        yield event;
        continue;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#news.add(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      this.#news.delete(resolve);
    }
  }

  #remove(container: DoubleContainer): void {
    container.program.exit(137);
    this.table.delete(container.id);
    this.#publish("destroy", container);
  }

  #get(ref: string): DoubleContainer {
    const all = [...this.table.values()];
    const found = all.find(({ id, name }) => id.startsWith(ref) || name === ref);
    if (found === undefined) throw new EngineError("not-found", `No such container: ${ref}`);
    return found;
  }

  #exec(id: string) {
    const found = this.execTable.get(id);
    if (found === undefined) throw new EngineError("not-found", `No such exec instance: ${id}`);
    return found;
  }

  #newId(): string {
    this.#ids += 1;
    return this.#ids.toString(16).padStart(64, "d");
  }
}
