import { expect, test } from "bun:test";
import { readlinkSync } from "node:fs";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { withinNetworkNamespace } from "./network-namespace.ts";

const here = () => readlinkSync("/proc/thread-self/ns/net");

test("a function runs in another network namespace, and the thread comes back", () => {
  using other = new NetworkNamespace();
  const home = here();

  expect(withinNetworkNamespace(other.fd, here)).toBe(other.run(here));
  expect(here()).toBe(home);
});

test("the thread comes back from what fails", () => {
  using other = new NetworkNamespace();
  const home = here();

  expect(() =>
    withinNetworkNamespace(other.fd, () => {
      throw new Error("It went wrong");
    }),
  ).toThrow("It went wrong");
  expect(() => withinNetworkNamespace(-1, here)).toThrow("EBADF");
  expect(here()).toBe(home);
});
