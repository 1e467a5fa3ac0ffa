import { expect, test } from "bun:test";
import { CAPABILITIES } from "../../linux/capability.ts";
import {
  type CapabilityRequest,
  capabilitySets,
  chooseCapabilities,
  DEFAULT_CAPABILITIES,
} from "./capabilities.ts";

const nothing: CapabilityRequest = { add: [], drop: [], privileged: false };
const without = (...names: string[]) =>
  DEFAULT_CAPABILITIES.filter((name) => !names.includes(name));

test("a container has Docker's fourteen capabilities by default", () => {
  expect(chooseCapabilities(nothing)).toEqual(DEFAULT_CAPABILITIES);
  expect(DEFAULT_CAPABILITIES).toHaveLength(14);
});

test.each<[Partial<CapabilityRequest>, readonly string[]]>([
  [{ add: ["SYS_ADMIN"] }, [...DEFAULT_CAPABILITIES, "CAP_SYS_ADMIN"]],
  [{ add: ["cap_sys_admin", "CAP_SYS_ADMIN"] }, [...DEFAULT_CAPABILITIES, "CAP_SYS_ADMIN"]],
  [{ add: ["CHOWN"] }, DEFAULT_CAPABILITIES],
  [{ drop: ["CHOWN", "cap_kill"] }, without("CAP_CHOWN", "CAP_KILL")],
  [{ drop: ["all"] }, []],
  [{ drop: ["ALL"], add: ["NET_RAW"] }, ["CAP_NET_RAW"]],
  [{ add: ["ALL"] }, CAPABILITIES],
  [{ add: ["ALL"], drop: ["SYS_ADMIN"] }, CAPABILITIES.filter((n) => n !== "CAP_SYS_ADMIN")],
  [{ privileged: true }, CAPABILITIES],
  [{ privileged: true, drop: ["ALL"] }, CAPABILITIES],
])("chooseCapabilities(%p) is %p", (request, expected) => {
  expect(chooseCapabilities({ ...nothing, ...request })).toEqual(expected);
});

test.each([
  [{ add: ["FOO"] }, 'invalid CapAdd: unknown capability: "CAP_FOO"'],
  [{ drop: ["cap_foo"] }, 'invalid CapDrop: unknown capability: "CAP_FOO"'],
  [{ add: [""] }, 'invalid CapAdd: unknown capability: "CAP_"'],
])("chooseCapabilities(%p) fails as in Docker", (request, message) => {
  expect(() => chooseCapabilities({ ...nothing, ...request })).toThrow(message);
});

test("only root holds what its bounding set allows; nothing is inheritable or ambient", () => {
  expect(capabilitySets(["CAP_KILL"], 0)).toEqual({
    bounding: ["CAP_KILL"],
    effective: ["CAP_KILL"],
    permitted: ["CAP_KILL"],
  });
  expect(capabilitySets(["CAP_KILL"], 1000)).toEqual({ bounding: ["CAP_KILL"] });
});
