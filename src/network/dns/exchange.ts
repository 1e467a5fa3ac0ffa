import { withinNetworkNamespace } from "../../linux/network-namespace.ts";

/** A server that is asked for what a zone does not know. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
  /** Asked from this network namespace instead of the daemon's. */
  readonly namespaceFd?: number | undefined;
}

/** One query to one server. */
export interface Exchange {
  readonly upstream: Upstream;
  readonly message: Buffer;
  /** Whether it is the answer to the message; what is not may come from anyone. */
  isAnswer(bytes: Buffer): boolean;
  readonly timeoutMs: number;
  /** Nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Ends an exchange, with an answer or without. Later calls do nothing. */
export type Settle = (answer?: Buffer) => void;

/**
 * Waits for the answer that something opened gets, for as long as the exchange has. Whatever goes
 * wrong means that there is none. What was opened is closed at the end.
 */
export function awaitAnswer(
  { upstream, timeoutMs, signal }: Exchange,
  open: (settle: Settle) => Disposable,
): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const undo = new DisposableStack();
  const settle: Settle = (answer) => {
    undo.dispose();
    resolve(answer);
  };
  const giveUp = () => settle();
  const timer = setTimeout(giveUp, timeoutMs);
  undo.defer(() => clearTimeout(timer));
  signal.addEventListener("abort", giveUp);
  undo.defer(() => signal.removeEventListener("abort", giveUp));
  try {
    const opened = within(upstream, () => open(settle));
    if (undo.disposed) opened[Symbol.dispose]();
    else undo.use(opened);
  } catch {
    // No route, no descriptor left, an address of a family that is not there: the next server's turn.
    settle();
  }
  return promise;
}

function within<Result>({ namespaceFd }: Upstream, work: () => Result): Result {
  return namespaceFd === undefined ? work() : withinNetworkNamespace(namespaceFd, work);
}
