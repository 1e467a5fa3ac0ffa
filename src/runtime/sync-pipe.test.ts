import { expect, test } from "bun:test";
import { sealedMemory } from "../linux/memfd.ts";
import { socketPair } from "../linux/socket.ts";
import { followSync } from "./monitor.ts";
import { type Outcome, SyncReader, sendPlan } from "./sync-pipe.ts";

const HELLO = message(1, [int32(77), int32(0), uint64(1234n)]);
const TRACE = message(3, [uint64(5n), uint64(60n), int32(7), int32(8), int32(9)]);
const FAILED = message(2, [int32(3), int32(2), Buffer.from("overlay: no such layer\n")]);
const RUNNING: Outcome = {
  kind: "running",
  trace: { waitedNs: 5, totalNs: 60, stepsNs: [7, 8, 9] },
};
const FAILURE = { step: 3, errno: 2, text: "overlay: no such layer" };

test.each([1, 2, 3, 7, 8, 9, 20, 1000])(
  "SyncReader reads messages that come %d bytes at a time",
  async (size) => {
    const reader = read(Buffer.concat([HELLO, TRACE]), size);

    expect(await reader.hello).toEqual({ pid: 77, clonedNs: 1234 });
    expect(await reader.outcome).toEqual(RUNNING);
  },
);

test("a failure wins, whether it comes before a trace or after it", async () => {
  const expected: Outcome = { kind: "failed", failure: FAILURE };

  expect(await read(Buffer.concat([HELLO, FAILED])).outcome).toEqual(expected);
  // The trace is sent just before exec, which may still fail.
  expect(await read(Buffer.concat([HELLO, TRACE, FAILED])).outcome).toEqual(expected);
  expect(await read(Buffer.concat([HELLO, FAILED, TRACE])).outcome).toEqual(expected);
});

test("an end without a word is an outcome, and so is one in the middle of a message", async () => {
  expect(await read(HELLO).outcome).toEqual({ kind: "lost" });
  expect(await read(Buffer.concat([HELLO, TRACE.subarray(0, -1)])).outcome).toEqual({
    kind: "lost",
  });
});

test("a monitor that ends before its hello is an error, with its reason where it gave one", async () => {
  const early = (errno: number) => read(message(2, [int32(-2), int32(errno)])).hello;

  await expect(read(Buffer.of()).hello).rejects.toThrow("it ended before it could say why");
  await expect(early(2)).rejects.toThrow("Cannot open the log or clone init: ENOENT");
  await expect(early(28)).rejects.toThrow("the kernel's limit of namespaces is reached");
});

test("messages of a kind that is not known are passed over", async () => {
  const reader = read(Buffer.concat([message(99, [Buffer.alloc(5)]), HELLO, TRACE]));

  expect(await reader.outcome).toMatchObject({ kind: "running" });
});

function read(bytes: Buffer, size = bytes.byteLength): SyncReader {
  const reader = new SyncReader();
  for (let at = 0; at < bytes.byteLength; at += size) reader.push(bytes.subarray(at, at + size));
  reader.end();
  return reader;
}

function message(type: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([...parts]);
  return Buffer.concat([int32(type), int32(body.byteLength), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

test("a plan for a side that is gone goes nowhere, and its pipe is closed", async () => {
  const [near, far] = socketPair();
  const { sender, sync } = followSync(near);
  far[Symbol.dispose]();
  expect(await sync.outcome).toEqual({ kind: "lost" });
  using memory = sealedMemory("plan", Buffer.from("a plan"));
  sendPlan(sender, { memory, sizeBytes: 6 }, []);
  expect(() => sender.number).toThrow("closed");
});
