import { expect, test } from "bun:test";
import type { ByteStream } from "../client/api-transport.ts";
import { ContainerProcess } from "./process.ts";

/** A connection whose other end has nothing to say, and takes all that it is sent. */
class SilentStream implements ByteStream {
  readonly #end = Promise.withResolvers<void>();
  sent = 0;
  isClosed = false;

  /** The other end has ended. */
  end(): void {
    this.#end.resolve();
  }

  read(): Promise<void> {
    return this.#end.promise;
  }

  async write(): Promise<void> {
    this.sent += 1;
  }

  closeWrite(): void {}

  close(): void {
    this.isClosed = true;
    this.end();
  }
}

function makeProcess() {
  const stream = new SilentStream();
  const process = new ContainerProcess(stream, {
    tty: true,
    exitCode: async () => 3,
    resize: async () => undefined,
  });
  return { stream, process };
}

const RESULT = { exitCode: 3, stdout: "", stderr: "" };

test("input without an end does not hold back a program's end, and is left", async () => {
  const { stream, process } = makeProcess();
  let isLeft = false;
  async function* endless() {
    try {
      for (let count = 0; count < 10_000; count += 1) {
        if (count === 10) stream.end();
        yield "more";
      }
      throw new Error("it was asked for on and on");
    } finally {
      isLeft = true;
    }
  }
  expect(await process.finish(endless())).toEqual(RESULT);
  expect(isLeft).toBe(true);
});

test("input that nobody has written yet does not hold back a program's end", async () => {
  const { stream, process } = makeProcess();
  async function* never() {
    yield "first";
    stream.end();
    await new Promise(() => undefined);
  }
  expect(await process.finish(never())).toEqual(RESULT);
});

test("input that breaks is told, and ends the connection", async () => {
  const { stream, process } = makeProcess();
  async function* broken() {
    yield "first";
    throw new Error("no more");
  }
  await expect(process.finish(broken())).rejects.toThrow("no more");
  expect([stream.sent, stream.isClosed]).toEqual([1, true]);
});

test("no input is sent to nobody: the connection may have ended by then", async () => {
  const { stream, process } = makeProcess();
  stream.end();
  expect(await process.finish("")).toEqual(RESULT);
  expect(stream.sent).toBe(0);
});
