import { EngineError } from "../../base/errors.ts";
import type { Container } from "../containers/container.ts";

/** What was read of a container that is removed meanwhile is not all that it had. */
export function checkThere({ id, isRemoved }: Container): void {
  if (isRemoved) throw new EngineError("not-found", `No such container: ${id}`);
}

/** The same of work that fails because what it reads goes away. */
export async function unlessRemoved<Result>(
  container: Container,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    checkThere(container);
    throw cause;
  }
}

/** The same at the end of a stream: whoever reads it must not take it for whole. */
export async function* whileThere(
  stream: AsyncIterable<Uint8Array>,
  container: Container,
): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (cause) {
    checkThere(container);
    throw cause;
  }
  checkThere(container);
}
