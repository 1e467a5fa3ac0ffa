import { nowNs } from "../../base/time.ts";
import type { Event, EventQuery, Events } from "../system-facade.ts";
import { compileEventFilters } from "./event-filters.ts";

/** How many of the last events can be replayed. Docker keeps 256. */
const KEPT = 1024;
/** A subscriber that takes nothing for this many events is gone or stuck; it loses the oldest. */
const MAX_QUEUED = 16_384;

/** Tells everybody who listens what happened, in order, and replays what happened lately. */
export class EventBus implements Events {
  readonly #recent: Event[] = [];
  readonly #subscribers = new Set<(event: Event) => void>();

  /** How many follow what happens. */
  get listeners(): number {
    return this.#subscribers.size;
  }

  /** Never waits for a subscriber. */
  publish(event: Omit<Event, "timeNs"> & { readonly timeNs?: bigint }): void {
    const stamped = { ...event, timeNs: event.timeNs ?? nowNs() };
    this.#recent.push(stamped);
    // In one go now and then: shifting at each event would move the whole array.
    if (this.#recent.length >= KEPT * 2) this.#recent.splice(0, KEPT);
    for (const deliver of this.#subscribers) deliver(stamped);
  }

  subscribe(query: EventQuery, signal: AbortSignal): AsyncIterable<Event> {
    const accepts = compileEventFilters(query.filters);
    const { since, until } = query;
    const isWanted = (event: Event) =>
      accepts(event) && (until === undefined || event.timeNs <= until);
    const queue: Event[] =
      since === undefined
        ? []
        : this.#recent.filter((event) => event.timeNs >= since && isWanted(event));
    return this.#follow({ queue, isWanted, ends: endsOf(until, signal) });
  }

  /** Listens from this moment on, not only from the first next(): nothing in between is missed. */
  #follow({ queue, isWanted, ends }: Subscription): AsyncIterable<Event> {
    let wake = Promise.withResolvers<void>();
    const deliver = (event: Event) => {
      if (!isWanted(event)) return;
      queue.push(event);
      if (queue.length > MAX_QUEUED) queue.shift();
      wake.resolve();
    };
    this.#subscribers.add(deliver);
    ends.addEventListener("abort", () => this.#subscribers.delete(deliver), { once: true });
    ends.addEventListener("abort", () => wake.resolve(), { once: true });
    if (ends.aborted) this.#subscribers.delete(deliver);

    const subscribers = this.#subscribers;
    return (async function* () {
      try {
        for (;;) {
          wake = Promise.withResolvers();
          yield* queue.splice(0);
          if (ends.aborted && queue.length === 0) return;
          if (queue.length === 0 && !ends.aborted) await wake.promise;
        }
      } finally {
        subscribers.delete(deliver);
      }
    })();
  }
}

interface Subscription {
  readonly queue: Event[];
  readonly isWanted: (event: Event) => boolean;
  readonly ends: AbortSignal;
}

/** setTimeout() takes no longer times than this; such a subscription simply goes on. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A time in the past ends it at once, after the replay. */
function endsOf(until: bigint | undefined, signal: AbortSignal): AbortSignal {
  if (until === undefined) return signal;
  const leftMs = Number((until - nowNs()) / 1_000_000n);
  if (leftMs <= 0) return AbortSignal.abort();
  if (leftMs > MAX_TIMER_MS) return signal;
  return AbortSignal.any([signal, AbortSignal.timeout(leftMs)]);
}
