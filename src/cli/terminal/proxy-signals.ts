import { CommandError } from "../command.ts";
import { type Io, PROXIED_SIGNALS, type SignalName } from "../io.ts";

const FORCED_AFTER = 3;

/** Signals that go to the container in our place. */
export interface SignalProxy extends Disposable {
  /** Rejects when the user insists on leaving. */
  readonly forced: Promise<never>;
}

/** Passes the signals that this process gets on to a container, until disposed. */
export function proxySignals(io: Io, kill: (signal: string) => Promise<void>): SignalProxy {
  const { promise: forced, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting for it any more.
  forced.catch(() => undefined);
  let terminations = 0;
  const pass = (name: SignalName) => {
    if (name === "SIGINT" || name === "SIGTERM") terminations++;
    if (terminations === FORCED_AFTER) {
      reject(new CommandError(`\ngot ${FORCED_AFTER} SIGTERM/SIGINTs, forcefully exiting`));
    }
    // A container that has just ended has no use for the signal.
    kill(name).catch(() => undefined);
  };
  const handlers = PROXIED_SIGNALS.map((name) => io.onSignal(name, pass));
  return {
    forced,
    [Symbol.dispose]: () => {
      for (const handler of handlers) handler[Symbol.dispose]();
    },
  };
}

/** For a session that passes no signals on: a signal that would kill us ends it in good order. */
export function leaveOnSignal(io: Io): SignalProxy {
  const { promise: forced, reject } = Promise.withResolvers<never>();
  forced.catch(() => undefined);
  const handlers = Object.entries({ SIGHUP: 129, SIGTERM: 143 } as const).map(([name, code]) =>
    io.onSignal(name as "SIGHUP" | "SIGTERM", () => reject(new CommandError("", code))),
  );
  return {
    forced,
    [Symbol.dispose]: () => {
      for (const handler of handlers) handler[Symbol.dispose]();
    },
  };
}
