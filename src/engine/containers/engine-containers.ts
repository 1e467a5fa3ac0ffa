import { EngineError } from "../../base/errors.ts";
import type { ExplainedPlan } from "../../base/explained-plan.ts";
import type {
  AttachOptions,
  ContainerQuery,
  Containers,
  ContainerView,
  Created,
  CreateRequest,
  LogQuery,
  Logs,
  PortChange,
  Pruned,
  Session,
  StopOptions,
  WaitCondition,
  Waiting,
  WindowSize,
} from "../facade.ts";
import type { Filters } from "../filters.ts";
import { updateRestartPolicy } from "../life/update-restart-policy.ts";
import type { RestartPolicy } from "../model.ts";
import { attachTo } from "./attach.ts";
import type { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import { clearLogs, logsOf } from "./container-logs.ts";
import { createContainer } from "./create.ts";
import { explainCreate } from "./explain.ts";
import { listContainers } from "./list.ts";
import { pruneContainers } from "./prune.ts";
import { removeContainer } from "./remove.ts";
import { renameContainer } from "./rename.ts";
import { replaceContainer } from "./replace.ts";
import { restartContainer } from "./restart.ts";
import { type StartContext, startContainer } from "./start.ts";
import { killContainer, stopContainer } from "./stop.ts";
import { updatePorts } from "./update-ports.ts";
import { viewContainer, viewWithSize } from "./view.ts";

/** The containers of this daemon: finds the one that is meant, and has the work done. */
export class EngineContainers implements Containers {
  readonly #context: StartContext;
  #isPruning = false;

  constructor(context: StartContext) {
    this.#context = context;
  }

  create(request: CreateRequest): Promise<Created> {
    const make = request.replace === true ? replaceContainer : createContainer;
    return make(this.#context, request);
  }

  async explain(request: CreateRequest): Promise<ExplainedPlan> {
    return await explainCreate(this.#context, request);
  }

  async trace(ref: string): Promise<ExplainedPlan> {
    const { id, name } = this.#get(ref);
    const plan = this.#context.runtime.trace(id);
    if (plan !== undefined) return plan;
    const message = `Nothing is known of a start of container "${name}" since the daemon started`;
    throw new EngineError("not-found", message);
  }

  async start(ref: string): Promise<"started" | "already-running"> {
    return await startContainer(this.#context, this.#get(ref));
  }

  async stop(ref: string, options: StopOptions): Promise<"stopped" | "already-stopped"> {
    return await stopContainer(this.#context, this.#get(ref), options);
  }

  async restart(ref: string, options: StopOptions): Promise<void> {
    await restartContainer(this.#context, this.#get(ref), options);
  }

  async kill(ref: string, signal: string): Promise<void> {
    await killContainer(this.#context, this.#get(ref), signal);
  }

  async rename(ref: string, name: string): Promise<void> {
    await renameContainer(this.#context, this.#get(ref), name);
  }

  async updatePorts(ref: string, change: PortChange): Promise<void> {
    await updatePorts(this.#context, this.#get(ref), change);
  }

  async updateRestartPolicy(ref: string, policy: RestartPolicy): Promise<void> {
    await updateRestartPolicy(this.#context, this.#get(ref), policy);
  }

  async resize(ref: string, size: WindowSize): Promise<void> {
    const { id, running, record } = this.#get(ref);
    if (running === undefined) throw new EngineError("conflict", `Container ${id} is not running`);
    await running.resize(size);
    const { rows, columns } = size;
    const attributes = { height: String(rows), width: String(columns) };
    this.#context.events.publish(containerEvent(record, "resize", attributes));
  }

  async remove(
    ref: string,
    options: { force: boolean; volumes: boolean; link: boolean },
  ): Promise<void> {
    if (options.link) {
      throw new EngineError("unimplemented", "Links between containers are not supported");
    }
    await removeContainer(this.#context, this.#get(ref), options);
  }

  async wait(ref: string, condition: WaitCondition, signal: AbortSignal): Promise<Waiting> {
    return { done: this.#get(ref).wait(condition, signal) };
  }

  async list(query: ContainerQuery): Promise<readonly ContainerView[]> {
    return await listContainers(this.#context, query);
  }

  async get(ref: string, { size = false } = {}): Promise<ContainerView> {
    const container = this.#get(ref);
    return size
      ? await viewWithSize(this.#context, container)
      : viewContainer(this.#context, container);
  }

  async logs(ref: string, query: LogQuery, signal: AbortSignal): Promise<Logs> {
    return logsOf(this.#context, this.#get(ref), { query, signal });
  }

  async clearLogs(ref: string): Promise<void> {
    await clearLogs(this.#context, this.#get(ref));
  }

  async attach(ref: string, options: AttachOptions): Promise<Session> {
    return await attachTo(this.#context, this.#get(ref), options);
  }

  async prune(filters: Filters): Promise<Pruned> {
    if (this.#isPruning) {
      throw new EngineError("conflict", "a prune operation is already running");
    }
    this.#isPruning = true;
    try {
      return await pruneContainers(this.#context, filters);
    } finally {
      this.#isPruning = false;
    }
  }

  #get(ref: string): Container {
    return this.#context.containers.get(ref);
  }
}
