/** Work that several wait for, of which there is one for each key. */
export interface Shared<Result, News> {
  /** What the work has come to. */
  readonly done: Promise<Result>;
  /** Tells a member of what happens, and what happened last. */
  watch(watcher: (news: News) => void): Disposable;
}

/** How work is done that others share. */
export interface WorkContext<News> {
  /** Fires when nobody waits any more. */
  readonly signal: AbortSignal;
  tell(news: News): void;
}

interface Running<Result, News> extends Shared<Result, News> {
  members: number;
  readonly controller: AbortController;
  /** Resolves when nothing of it is left. */
  readonly over: Promise<void>;
}

/**
 * Lets several share one piece of work for as long as any of them wants it: the first begins it, those
 * who come later join, and when the last one leaves it ends.
 */
export class SharedWork<Key, Result, News> {
  readonly #running = new Map<Key, Running<Result, News>>();
  /** What all have left, until nothing is left of it. */
  readonly #ending = new Map<Key, Promise<void>>();

  /** Whether there is work for this key. */
  has(key: Key): boolean {
    return this.#running.has(key);
  }

  /**
   * Joins the work of a key, or begins it by `start`, whose result is let go by `dispose` when all have
   * left. What others have just left ends first, so that a key has never two pieces of work at a time. The caller leaves by disposing of what is returned, which waits until nothing is left of work
   * that nobody wants.
   */
  join(
    key: Key,
    start: (context: WorkContext<News>) => Promise<Result>,
    dispose: (result: Result) => Promise<void> | void,
  ): Shared<Result, News> & AsyncDisposable {
    const running = this.#running.get(key) ?? this.#begin(key, start, dispose);
    running.members += 1;
    let isMember = true;
    return {
      done: running.done,
      watch: (watcher) => running.watch(watcher),
      [Symbol.asyncDispose]: async () => {
        if (!isMember) return;
        isMember = false;
        running.members -= 1;
        if (running.members > 0) return;
        // Who comes now must not join what is being given up.
        if (this.#running.get(key) === running) {
          this.#running.delete(key);
          this.#ending.set(key, running.over);
        }
        running.controller.abort();
        try {
          await running.over;
        } finally {
          if (this.#ending.get(key) === running.over) this.#ending.delete(key);
        }
      },
    };
  }

  #begin(
    key: Key,
    start: (context: WorkContext<News>) => Promise<Result>,
    dispose: (result: Result) => Promise<void> | void,
  ): Running<Result, News> {
    const controller = new AbortController();
    const watchers = new Set<(news: News) => void>();
    let last: News | undefined;
    const tell = (news: News) => {
      last = news;
      for (const watcher of watchers) watcher(news);
    };
    const left = new Promise<void>((resolve) => {
      controller.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const begin = () => start({ signal: controller.signal, tell });
    const done = this.#ending.get(key)?.then(begin, begin) ?? begin();
    const over = done.then(
      (result) => left.then(() => dispose(result)),
      // Those who wait are told by `done`. A failure is not kept for who comes next.
      () => void (this.#running.get(key) === running && this.#running.delete(key)),
    );
    const running: Running<Result, News> = {
      members: 0,
      done,
      controller,
      over,
      watch: (watcher) => {
        watchers.add(watcher);
        if (last !== undefined) watcher(last);
        return { [Symbol.dispose]: () => watchers.delete(watcher) };
      },
    };
    this.#running.set(key, running);
    return running;
  }
}
