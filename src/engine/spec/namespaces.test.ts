import { expect, test } from "bun:test";
import { containerConfig } from "../../../test/support/container-config.ts";
import type { HostOptions } from "../model.ts";
import {
  chooseUserNamespace,
  type Donor,
  planNamespaces,
  type UserNamespace,
} from "./namespaces.ts";

const RANGE = { hostId: 524_288, size: 65_536 };
const own: Donor = { name: "own", userNamespace: RANGE };
const other: Donor = { name: "other", userNamespace: { ...RANGE, hostId: 1_048_576 } };
const onHost: Donor = { name: "on-host", userNamespace: "host" };
const OBSTACLE = "no id mapping";

const choose = (host: Partial<HostOptions>, donors: Donor[] = [], obstacles: string[] = []) =>
  chooseUserNamespace(containerConfig({ host }).host, { donors, obstacles });

const HOST = { kind: "host", warnings: [] } as const;

test("a container has a user namespace of its own by default", () => {
  expect(choose({})).toEqual({ kind: "own" });
  expect(choose({ user: "private" })).toEqual({ kind: "own" });
});

test.each<Partial<HostOptions>>([
  { user: "host" },
  { privileged: true },
  { network: { kind: "host" } },
  { pid: { kind: "host" } },
  { ipc: { kind: "host" } },
  { uts: "host" },
])("%p means the host's user namespace", (host) => {
  expect(choose(host)).toEqual(HOST);
});

test("a bind that takes no mapping means the host's, and the user is told", () => {
  expect(choose({}, [], [OBSTACLE])).toEqual({
    kind: "host",
    warnings: [`Runs in the host's user namespace: ${OBSTACLE}`],
  });
  expect(choose({ user: "host" }, [], [OBSTACLE])).toEqual(HOST);
});

test.each<[Partial<HostOptions>, string]>([
  [{ privileged: true }, "--privileged"],
  [{ network: { kind: "host" } }, "network namespace"],
  [{}, OBSTACLE],
])("with --userns=private %p is refused", (host, reason) => {
  expect(() => choose({ user: "private", ...host }, [], [OBSTACLE])).toThrow(reason);
});

test("who shares namespaces shares the user namespace that they belong to", () => {
  expect(choose({}, [own, own])).toEqual({ kind: "joined", range: RANGE });
  expect(choose({}, [onHost])).toEqual(HOST);
});

test.each<[Partial<HostOptions>, Donor[], string[], string]>([
  [{}, [own, other], [], "different user namespaces"],
  [{}, [own, onHost], [], "different user namespaces"],
  [{ user: "host" }, [own], [], 'container "own" has one of its own'],
  [{ user: "private" }, [onHost], [], 'container "on-host" has the host\'s'],
  [{}, [own], [OBSTACLE], OBSTACLE],
  [{ privileged: true }, [own], [], "--privileged"],
])("%p with the donors %p is refused", (...[host, donors, obstacles, message]) => {
  expect(() => choose(host, donors, obstacles)).toThrow(message);
});

test.each<[Partial<HostOptions>, UserNamespace, "1" | "2", string]>([
  [{}, RANGE, "2", "user mount network pid ipc uts cgroup"],
  [{}, RANGE, "1", "user mount network pid ipc uts"],
  [{ cgroup: "private" }, RANGE, "1", "user mount network pid ipc uts cgroup"],
  [{ cgroup: "host" }, RANGE, "2", "user mount network pid ipc uts"],
  [{ privileged: true }, "host", "2", "mount network pid ipc uts"],
  [{ network: { kind: "host" } }, "host", "2", "mount pid ipc uts cgroup"],
  [{ pid: { kind: "host" }, uts: "host" }, "host", "1", "mount network ipc"],
])("%p in %p on cgroup v%s has %s", (...[host, userNamespace, cgroupVersion, types]) => {
  const options = containerConfig({ host }).host;
  const namespaces = planNamespaces({ host: options, userNamespace, joined: {}, cgroupVersion });

  expect(namespaces.map(({ type }) => type).join(" ")).toBe(types);
});

test("joined namespaces are found at the processes of their containers", () => {
  const { host } = containerConfig();
  const joined = { network: 7, user: 7 };
  const namespaces = planNamespaces({ host, userNamespace: RANGE, joined, cgroupVersion: "1" });

  expect(namespaces.filter(({ path }) => path !== undefined)).toEqual([
    { type: "user", path: "/proc/7/ns/user" },
    { type: "network", path: "/proc/7/ns/net" },
  ]);
});
