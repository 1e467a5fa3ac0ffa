import { expect, test } from "bun:test";
import { FULL_HOST } from "../../../test/support/container-config.ts";
import type { Resources } from "../../oci/runtime-spec.ts";
import { fitResources } from "./resources.ts";

const MB = 1024 * 1024;

test("a container without limits has none", () => {
  expect(fitResources({}, FULL_HOST)).toEqual({ resources: {}, warnings: [] });
});

test.each<[Resources, Resources]>([
  [{ memory: { limit: 64 * MB } }, { memory: { limit: 64 * MB, swap: 128 * MB } }],
  [{ memory: { limit: 64 * MB, swap: -1 } }, { memory: { limit: 64 * MB, swap: -1 } }],
  [{ cpu: { quota: 50_000, period: 100_000 } }, { cpu: { quota: 50_000, period: 100_000 } }],
  [
    { pids: { limit: 7 }, unified: { "a.b": "c" } },
    { pids: { limit: 7 }, unified: { "a.b": "c" } },
  ],
])("%p becomes %p", (asked, resources) => {
  expect(fitResources(asked, FULL_HOST)).toEqual({ resources, warnings: [] });
});

test("what the kernel cannot hold is left out, and told in Docker's words", () => {
  const limits = { swap: false, blkioWeight: false, pids: false };
  const asked = { memory: { limit: 64 * MB }, blockIO: { weight: 100 }, pids: { limit: 7 } };

  expect(fitResources(asked, { ...FULL_HOST, limits })).toEqual({
    resources: { memory: { limit: 64 * MB } },
    warnings: [
      "Your kernel does not support swap limit capabilities or the cgroup is not mounted. " +
        "Memory limited without swap.",
      "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. " +
        "PIDs limit discarded.",
      "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.",
    ],
  });
});

test.each<[Resources, string]>([
  [{ memory: { limit: MB } }, "Minimum memory limit allowed is 6MB"],
  [{ memory: { swap: 64 * MB } }, "You should always set the Memory limit"],
  [{ memory: { limit: 64 * MB, swap: 32 * MB } }, "should be larger than memory limit"],
  [{ memory: { limit: 64 * MB, reservation: 65 * MB } }, "can not be less than memory reservation"],
  [{ memory: { reservation: 1 } }, "Minimum memory reservation allowed is 6MB"],
  [{ cpu: { period: 999 } }, "CPU cfs period can not be less than 1ms"],
  [{ cpu: { quota: 1 } }, "CPU cfs quota can not be less than 1ms"],
  [{ cpu: { cpus: "0-2" } }, "Requested CPUs are not available - requested 0-2, available: 0-1"],
  [{ cpu: { cpus: "x" } }, "Invalid value x for cpuset cpus"],
])("%p is refused", (asked, message) => {
  expect(() => fitResources(asked, FULL_HOST)).toThrow(message);
});
