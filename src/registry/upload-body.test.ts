import { expect, test } from "bun:test";
import { IdleWatch } from "./idle-watch.ts";
import { UploadBody } from "./upload-body.ts";

const PATIENT_MS = 60_000;

test("a connection that breaks while a piece is made is no failure of the source", async () => {
  using watch = new IdleWatch(new AbortController().signal, PATIENT_MS);
  const asked = Promise.withResolvers<void>();
  const piece = Promise.withResolvers<Uint8Array>();
  const body = new UploadBody(makePieces(), watch);
  async function* makePieces(): AsyncGenerator<Uint8Array, void> {
    asked.resolve();
    yield await piece.promise;
  }

  const reader = body.stream.getReader();
  const read = reader.read();
  await asked.promise;
  await reader.cancel();
  piece.resolve(new Uint8Array(1));
  expect(await read).toMatchObject({ done: true });
  await Bun.sleep(1);
  expect(body.failure).toBeUndefined();
});

test("what the source throws is kept, and told to the reader", async () => {
  using watch = new IdleWatch(new AbortController().signal, PATIENT_MS);
  const fault = new Error("the blob is gone");
  const body = new UploadBody(failAtOnce(fault), watch);
  await expect(body.stream.getReader().read()).rejects.toBe(fault);
  expect(body.failure).toEqual({ cause: fault });
});

function failAtOnce(fault: Error): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fault) }) };
}
