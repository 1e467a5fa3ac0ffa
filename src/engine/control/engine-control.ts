import type { Container } from "../containers/container.ts";
import type { StartContext } from "../containers/start.ts";
import type {
  Control,
  LimitChange,
  ProcessList,
  StatsQuery,
  StatsView,
  WhyView,
} from "../control-facade.ts";
import { pauseContainer, unpauseContainer } from "./pause.ts";
import { StatsSampler } from "./stats.ts";
import { listProcesses } from "./top/top.ts";
import { updateLimits } from "./update-limits.ts";
import { explainContainer } from "./why.ts";

/** What can be done to containers while they run: finds the one that is meant, and has it done. */
export class EngineControl implements Control {
  readonly #context: StartContext;
  readonly #sampler: StatsSampler;

  constructor(context: StartContext) {
    this.#context = context;
    this.#sampler = new StatsSampler(context);
  }

  async pause(ref: string): Promise<void> {
    await pauseContainer(this.#context, this.#get(ref));
  }

  async unpause(ref: string): Promise<void> {
    await unpauseContainer(this.#context, this.#get(ref));
  }

  async updateLimits(ref: string, change: LimitChange): Promise<readonly string[]> {
    return await updateLimits(this.#context, this.#get(ref), change);
  }

  stats(ref: string, query: StatsQuery, signal: AbortSignal): AsyncIterable<StatsView> {
    return this.#sampler.follow(this.#get(ref), query, signal);
  }

  async top(ref: string, arguments_: string): Promise<ProcessList> {
    return await listProcesses(this.#context, this.#get(ref), arguments_);
  }

  async why(ref: string): Promise<WhyView> {
    return explainContainer(this.#get(ref).record);
  }

  #get(ref: string): Container {
    return this.#context.containers.get(ref);
  }
}
