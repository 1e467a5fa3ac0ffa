import type { Duplex } from "node:stream";
import { DetachScanner } from "./detach-keys.ts";

/** `ended`: the program's output is over. `gone`: the client is. */
export type RelayEnd = "ended" | "detached" | "gone";

/** A client, the program that it is connected to, and what goes from the one to the other. */
export interface RelayOptions {
  readonly client: Duplex;
  readonly program: Duplex;
  readonly stdin: boolean;
  readonly detachKeys?: Uint8Array;
}

/**
 * Carries bytes both ways, as fast as the slower side takes them, until one side is over. The end of
 * the client's input is passed on and ends nothing. Neither stream is closed here.
 */
export async function relay(options: RelayOptions): Promise<RelayEnd> {
  const { client, program, stdin, detachKeys } = options;
  const { promise, resolve } = Promise.withResolvers<RelayEnd>();
  client.on("close", () => resolve("gone"));
  client.on("error", () => resolve("gone"));
  program.on("end", () => resolve("ended"));
  program.on("error", () => resolve("ended"));
  program.on("close", () => resolve("ended"));
  if (program.destroyed) resolve("ended");
  if (client.destroyed) resolve("gone");

  program.pipe(client, { end: false });
  if (!stdin) client.resume();
  else if (detachKeys === undefined) client.pipe(program);
  else pipeUntilDetached({ client, program, detachKeys, onDetach: () => resolve("detached") });

  const end = await promise;
  program.unpipe(client);
  client.unpipe(program);
  return end;
}

interface DetachablePipe {
  readonly client: Duplex;
  readonly program: Duplex;
  readonly detachKeys: Uint8Array;
  readonly onDetach: () => void;
}

function pipeUntilDetached({ client, program, detachKeys, onDetach }: DetachablePipe): void {
  const scanner = new DetachScanner(detachKeys);
  const onData = (typed: Uint8Array) => {
    const { pass, detached } = scanner.scan(typed);
    if (pass.length > 0 && !program.write(pass)) client.pause();
    if (!detached) return;
    client.off("data", onData);
    client.off("end", onEnd);
    onDetach();
  };
  const onEnd = () => program.end(scanner.flush());
  client.on("data", onData);
  client.on("end", onEnd);
  program.on("drain", () => client.resume());
}
