import { setImmediate } from "node:timers/promises";
import type { HostCpu } from "../../base/resource-usage.ts";
import { formatTime, nowNs } from "../../base/time.ts";
import type { Container } from "../containers/container.ts";
import type { Context } from "../containers/context.ts";
import type { StatsQuery, StatsSample, StatsView } from "../control-facade.ts";

const INTERVAL_MS = 1000;
/** So many containers are read in a row before others are let do their work. */
const BATCH = 16;

type Listener = (view: StatsView) => void;

interface Watched {
  readonly container: Container;
  readonly listeners: Set<Listener>;
  last: StatsSample | undefined;
}

/** Reads what containers use: each once a second, however many look on, and none that nobody looks at. */
export class StatsSampler {
  readonly #context: Context;
  readonly #watched = new Map<string, Watched>();
  #timer: Timer | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Follows a container until it is removed, or until the signal. */
  async *follow(
    container: Container,
    query: StatsQuery,
    signal: AbortSignal,
  ): AsyncGenerator<StatsView> {
    const first = this.#sample(container, this.#context.runtime.observer.hostCpu());
    const view = viewOf(container, first, undefined);
    if (!query.stream && (query.oneShot || first === undefined)) {
      yield view;
      return;
    }
    using news = this.#listen(container, first, signal);
    if (query.stream) yield view;
    for await (const next of news.views) {
      yield next;
      if (!query.stream) return;
    }
  }

  /** The latest is enough for who is slow. */
  #listen(container: Container, first: StatsSample | undefined, signal: AbortSignal) {
    let latest: StatsView | undefined;
    let wake = Promise.withResolvers<void>();
    const ends = [signal, container.removed];
    let hasEnded = ends.some(({ aborted }) => aborted);
    const listener: Listener = (view) => {
      latest = view;
      wake.resolve();
    };
    const end = () => {
      hasEnded = true;
      wake.resolve();
    };
    for (const each of ends) each.addEventListener("abort", end, { once: true });
    this.#add(container, listener, first);
    async function* views(): AsyncGenerator<StatsView> {
      while (!hasEnded) {
        if (latest === undefined) await wake.promise;
        wake = Promise.withResolvers();
        const view = latest;
        latest = undefined;
        if (view !== undefined) yield view;
      }
    }
    return {
      views: views(),
      [Symbol.dispose]: () => {
        for (const each of ends) each.removeEventListener("abort", end);
        this.#remove(container, listener);
      },
    };
  }

  #add(container: Container, listener: Listener, last: StatsSample | undefined): void {
    const watched = this.#watched.get(container.id) ?? { container, listeners: new Set(), last };
    watched.listeners.add(listener);
    this.#watched.set(container.id, watched);
    this.#timer ??= setInterval(() => void this.#tick().catch(this.#context.report), INTERVAL_MS);
  }

  #remove(container: Container, listener: Listener): void {
    const watched = this.#watched.get(container.id);
    watched?.listeners.delete(listener);
    if (watched?.listeners.size === 0) this.#watched.delete(container.id);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #tick(): Promise<void> {
    const host = this.#context.runtime.observer.hostCpu();
    let count = 0;
    for (const watched of [...this.#watched.values()]) {
      const { container, listeners, last } = watched;
      const sample = this.#sample(container, host);
      watched.last = sample;
      const view = viewOf(container, sample, last);
      for (const listener of listeners) listener(view);
      if (++count % BATCH === 0) await setImmediate();
    }
  }

  #sample(container: Container, host: HostCpu): StatsSample | undefined {
    const { running, id } = container;
    if (running === undefined) return undefined;
    const { observer } = this.#context.runtime;
    return {
      readAt: formatTime(nowNs()),
      usage: observer.usage(id),
      host: { ...host, memoryBytes: this.#context.facts.memoryBytes },
      networks: this.#networks(container, running.pid),
    };
  }

  /** The interfaces that it has of networks, or that the container has whose network it shares. */
  #networks(container: Container, pid: number): StatsSample["networks"] {
    const { network } = container.record.config.host;
    if (network.kind === "host") return undefined;
    const owner =
      network.kind === "container" ? this.#context.containers.find(network.container) : container;
    const names = (owner?.record.endpoints ?? []).map(({ live }) => live.interfaceName);
    if (names.length === 0) return undefined;
    const all = this.#context.runtime.observer.networkCounters(pid);
    return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
  }
}

function viewOf(
  { id, name }: Container,
  sample: StatsSample | undefined,
  previous: StatsSample | undefined,
): StatsView {
  return {
    id,
    name,
    ...(sample === undefined ? {} : { sample }),
    ...(sample === undefined || previous === undefined ? {} : { previous }),
  };
}
