// Asks a server in a container whether it is there: by a socket of the daemon's that was opened in the
// container's network namespace, so that no process in there is needed, nor a published port.

import { EngineError } from "../base/errors.ts";
import { withinNetworkNamespace } from "../linux/network-namespace.ts";

/** Whom to ask, and what. */
export interface ProbeTarget {
  readonly namespaceFd: number;
  /** Tried one after the other, until one accepts. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Undefined: a connection is all that is wanted. */
  readonly request?: string;
  /** Whether no more of an answer is wanted; the end of the connection is the end of it too. */
  readonly isWhole?: (answer: string) => boolean;
}

const MAX_ANSWER_BYTES = 4096;

/** Connects, and returns the beginning of the answer. Rejects where nobody accepts, or when `signal` comes. */
export async function probe(target: ProbeTarget, signal: AbortSignal): Promise<string> {
  let refusal: unknown;
  for (const address of target.addresses) {
    try {
      return await ask(target, address, signal);
    } catch (error) {
      signal.throwIfAborted();
      // The first address is the one that is meant; others are tried where it has no server.
      refusal ??= error;
    }
  }
  throw refusal;
}

function ask(target: ProbeTarget, address: string, signal: AbortSignal): Promise<string> {
  const { namespaceFd, port, request, isWhole = () => false } = target;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = "";
  const refuse = (code: string) => reject(refused({ address, port, code }));
  const connecting = withinNetworkNamespace(namespaceFd, () =>
    Bun.connect({
      hostname: address,
      port,
      socket: {
        open(socket) {
          if (request === undefined) resolve("");
          else socket.write(request);
        },
        data(_socket, bytes) {
          answer += bytes.toString("latin1");
          if (answer.length >= MAX_ANSWER_BYTES || isWhole(answer)) resolve(answer);
        },
        close: () => resolve(answer),
        error: (_socket, error) => refuse(codeOf(error)),
        connectError: (_socket, error) => refuse(codeOf(error)),
      },
    }),
  );
  const opened = connecting.catch((error) => {
    refuse(codeOf(error));
    return undefined;
  });
  const leave = () => reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  return promise.finally(() => {
    signal.removeEventListener("abort", leave);
    void opened.then((socket) => socket?.terminate());
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

interface Refusal {
  readonly address: string;
  readonly port: number;
  readonly code: string;
}

function refused({ address, port, code }: Refusal): EngineError {
  const host = address.includes(":") ? `[${address}]` : address;
  return new EngineError("unavailable", `Cannot connect to ${host}:${port}: ${code}`);
}
