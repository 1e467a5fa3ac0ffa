import { Connection, type ConnectionOptions } from "./connection.ts";
import { type Listener, type ListenerOptions, listen } from "./listen.ts";

/**
 * An HTTP/1.1 server that owns its connections, so that a handler can take one over (attach, exec)
 * and a client that does not read holds up only itself. It knows nothing of the engine.
 */
export interface HttpServer {
  /** Where it listens. */
  readonly hosts: readonly string[];
  /** Connections that are open. */
  readonly connections: number;
  /**
   * Takes no more clients and ends those that are idle or took their connection over. Replies may
   * finish until the limit; those that only wait are told to by their request's signal.
   */
  close(limitMs: number): Promise<void>;
}

export interface HttpServerOptions
  extends ConnectionOptions,
    Omit<ListenerOptions, "onConnection"> {
  readonly hosts: readonly string[];
}

/** Listens on all hosts, or on none. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const open = new Set<Connection>();
  let idle = () => {};

  const onConnection: ListenerOptions["onConnection"] = (socket) => {
    const connection = new Connection(socket, options);
    open.add(connection);
    connection
      .run()
      .catch(options.onError)
      .finally(() => {
        open.delete(connection);
        if (open.size === 0) idle();
      });
  };

  const listeners = await listenAll({ ...options, onConnection });
  return {
    hosts: listeners.map(({ host }) => host),
    get connections() {
      return open.size;
    },
    async close(limitMs) {
      for (const listener of listeners) listener.close();
      for (const connection of open) connection.closeSoon();
      if (open.size === 0) return;

      const limit = setTimeout(() => {
        for (const connection of open) connection.destroy();
        idle();
      }, limitMs);
      await new Promise<void>((resolve) => {
        idle = resolve;
      });
      clearTimeout(limit);
    },
  };
}

async function listenAll(
  options: HttpServerOptions & ListenerOptions,
): Promise<readonly Listener[]> {
  using undo = new DisposableStack();
  const listeners: Listener[] = [];
  for (const host of options.hosts) {
    const listener = await listen(host, options);
    undo.defer(() => listener.close());
    listeners.push(listener);
  }
  undo.move();
  return listeners;
}
