import { expect, test } from "bun:test";
import { planIdSwap } from "./id-swap.ts";

const OWN = { hostId: 100_000, size: 1000 };

const told = (...args: Parameters<typeof planIdSwap>) =>
  planIdSwap(...args)
    .map(({ containerID, hostID, size }) => `${containerID}:${hostID}:${size}`)
    .join(" ");

test("the owner on the disk and the container's user change places", () => {
  expect(told(OWN, { owner: 5, user: 0 })).toBe("0:100005:1 1:100001:4 5:100000:1 6:100006:994");
  expect(told("host", { owner: 1, user: 0 })).toBe(`0:1:1 1:0:1 2:2:${2 ** 32 - 3}`);
  expect(told(OWN, { owner: 5, user: 5 })).toBe("0:100000:1000");
});

test("an owner with an id beyond the range is the user all the same", () => {
  expect(told(OWN, { owner: 5000, user: 10 })).toBe("0:100000:10 11:100011:989 5000:100010:1");
  expect(() => planIdSwap(OWN, { owner: 0, user: 1000 })).toThrow("range of 1000 ids");
});
