import type { ContainerApi } from "../../client/containers.ts";
import type { ContainerStats } from "../../client/control-wire.ts";

/** What is known of the containers that are watched, in the order in which they came. */
export class StatsWatcher {
  readonly #api: ContainerApi;
  readonly #signal: AbortSignal;
  readonly #latest = new Map<string, ContainerStats | undefined>();
  readonly #stops = new Map<string, AbortController>();

  constructor(api: ContainerApi, signal: AbortSignal) {
    this.#api = api;
    this.#signal = signal;
  }

  /** By what each was called; undefined where no number has come yet. */
  list(): readonly (readonly [ref: string, ContainerStats | undefined])[] {
    return [...this.#latest];
  }

  /** Follows a container, in the background, until it is removed. Resolves at its first numbers. */
  async add(ref: string): Promise<void> {
    if (this.#latest.has(ref)) return;
    this.#latest.set(ref, undefined);
    const stop = new AbortController();
    this.#stops.set(ref, stop);
    const first = Promise.withResolvers<void>();
    const signal = AbortSignal.any([this.#signal, stop.signal]);
    void this.#follow(ref, signal, first.resolve).then(first.resolve, first.reject);
    await first.promise;
  }

  remove(ref: string): void {
    this.#stops.get(ref)?.abort();
    this.#stops.delete(ref);
    this.#latest.delete(ref);
  }

  async #follow(ref: string, signal: AbortSignal, onFirst: () => void): Promise<void> {
    try {
      for await (const stats of await this.#api.stats(ref, { stream: true }, signal)) {
        // It may have been taken out in between.
        if (!this.#stops.has(ref)) return;
        this.#latest.set(ref, stats);
        onFirst();
      }
      this.remove(ref);
    } catch (error) {
      if (signal.aborted) return;
      this.remove(ref);
      throw error;
    }
  }
}
