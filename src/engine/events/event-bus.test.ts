import { expect, test } from "bun:test";
import type { Event } from "../system-facade.ts";
import { EventBus } from "./event-bus.ts";

const event = (action: string, timeNs?: bigint) => ({
  type: "container" as const,
  action,
  actorId: "a".repeat(64),
  attributes: {},
  ...(timeNs === undefined ? {} : { timeNs }),
});

async function actions(events: AsyncIterable<Event>, count = Number.POSITIVE_INFINITY) {
  const seen: string[] = [];
  for await (const { action } of events) {
    seen.push(action);
    if (seen.length >= count) break;
  }
  return seen;
}

test("subscribe() gets what is published after it, before anybody reads", async () => {
  const bus = new EventBus();
  bus.publish(event("create"));
  const events = bus.subscribe({ filters: {} }, new AbortController().signal);
  bus.publish(event("start"));
  bus.publish(event("die"));

  expect(await actions(events, 2)).toEqual(["start", "die"]);
});

test("subscribe() replays from since, then follows", async () => {
  const bus = new EventBus();
  for (const [index, action] of ["create", "start", "die"].entries()) {
    bus.publish(event(action, BigInt(index)));
  }
  const events = bus.subscribe({ since: 1n, filters: {} }, new AbortController().signal);
  bus.publish(event("destroy", 3n));

  expect(await actions(events, 3)).toEqual(["start", "die", "destroy"]);
});

test("subscribe() ends after the replay when until is past", async () => {
  const bus = new EventBus();
  for (const time of [1n, 2n, 3n]) bus.publish(event(`at ${time}`, time));
  const query = { since: 0n, until: 2n, filters: {} };

  expect(await actions(bus.subscribe(query, new AbortController().signal))).toEqual([
    "at 1",
    "at 2",
  ]);
});

test("subscribe() ends when until comes", async () => {
  const bus = new EventBus();
  const until = BigInt(Date.now() + 20) * 1_000_000n;
  const events = actions(bus.subscribe({ until, filters: {} }, new AbortController().signal));
  bus.publish(event("start"));

  expect(await events).toEqual(["start"]);
});

test("subscribe() ends with its signal, and hands over what came before", async () => {
  const bus = new EventBus();
  const stop = new AbortController();
  const events = bus.subscribe({ filters: {} }, stop.signal);
  bus.publish(event("start"));
  stop.abort();
  bus.publish(event("die"));

  expect(await actions(events)).toEqual(["start"]);
});

test("publish() keeps at least the last 256 events, in order", async () => {
  const bus = new EventBus();
  for (let time = 1; time <= 5000; time++) bus.publish(event(String(time), BigInt(time)));
  const query = { since: 0n, until: 6000n, filters: {} };
  const replayed = await actions(bus.subscribe(query, new AbortController().signal));

  expect(replayed.length).toBeGreaterThanOrEqual(256);
  expect(replayed).toEqual(
    Array.from({ length: replayed.length }, (_, index) => String(5001 - replayed.length + index)),
  );
});

test("several subscribers each get all", async () => {
  const bus = new EventBus();
  const signal = new AbortController().signal;
  const readers = [1, 2, 3].map(() => actions(bus.subscribe({ filters: {} }, signal), 2));
  bus.publish(event("start"));
  bus.publish(event("die"));

  expect(await Promise.all(readers)).toEqual(Array(3).fill(["start", "die"]));
});
