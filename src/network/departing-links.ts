import type { RouteSocket } from "../linux/rtnetlink.ts";
import { deleteLink } from "../linux/rtnetlink-link.ts";

/** Long enough for the kernel to take a namespace apart, mostly within some 20 to 50 ms. */
const PATIENCE_MS = 500;

/**
 * Links of containers that ended. The kernel deletes a veth pair with the namespace of its peer, and
 * many at once. Asking it to delete one takes 20 to 40 ms in which it waits for other processors, so
 * that is done only for those that outlive their container: something else holds its namespace.
 */
export class DepartingLinks implements Disposable {
  readonly #routes: RouteSocket;
  readonly #names = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(routes: RouteSocket) {
    this.#routes = routes;
  }

  add(name: string): void {
    this.#names.add(name);
    this.#timer ??= setTimeout(() => this.#settle(), PATIENCE_MS);
    this.#timer.unref();
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The name is in use again. */
  forget(name: string): void {
    this.#names.delete(name);
  }

  /** Deletes those that are still there: the next daemon would not know them without their bridge. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#settle();
  }

  #settle(): void {
    this.#timer = undefined;
    for (const name of this.#names) {
      const isThere = this.#routes.findLink({ name }) !== undefined;
      // A refusal means that the kernel was faster.
      if (isThere) this.#routes.trySend(deleteLink({ name }));
    }
    this.#names.clear();
  }
}
