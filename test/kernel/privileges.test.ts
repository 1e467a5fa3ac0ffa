import { afterAll, beforeAll, expect, test } from "bun:test";
import { readlinkSync } from "node:fs";
import { decodeCapabilities, heldCapabilities } from "../../src/linux/capability.ts";
import { defaultSeccompProfile, resolveSeccompProfile } from "../../src/runtime/seccomp-profile.ts";
import { RuntimeWorld } from "../support/runtime-world.ts";

let world: RuntimeWorld;

beforeAll(async () => {
  world = await RuntimeWorld.make();
});

afterAll(() => world[Symbol.asyncDispose]());

test("capabilities are those that are given, in a user namespace all that are asked for", async () => {
  const given = await capabilitiesOf({ capabilities: ["CAP_CHOWN", "CAP_SYS_RESOURCE"] });
  const none = await capabilitiesOf({ capabilities: [] });
  const user = await capabilitiesOf({
    capabilities: ["CAP_CHOWN"],
    process: { user: { uid: 1000, gid: 1000 } },
  });

  expect(given).toEqual({
    CapInh: [],
    CapPrm: ["CAP_CHOWN", "CAP_SYS_RESOURCE"],
    CapEff: ["CAP_CHOWN", "CAP_SYS_RESOURCE"],
    CapBnd: ["CAP_CHOWN", "CAP_SYS_RESOURCE"],
    CapAmb: [],
  });
  expect(none).toEqual({ CapInh: [], CapPrm: [], CapEff: [], CapBnd: [], CapAmb: [] });
  expect(user).toEqual({ ...none, CapBnd: ["CAP_CHOWN"] });
});

test("over the host nobody gets more than the daemon has", async () => {
  const { bounding } = heldCapabilities();
  const asked = ["CAP_SYS_RESOURCE", "CAP_CHOWN", "CAP_SYS_ADMIN"];
  const { CapEff } = await capabilitiesOf({ hostUser: true, capabilities: asked });

  expect(CapEff).toEqual(bounding.filter((name) => asked.includes(name)));
});

test("an ambient capability goes on to a program that another user starts", async () => {
  const { CapEff, CapAmb } = await capabilitiesOf({
    process: {
      user: { uid: 1000, gid: 1000 },
      capabilities: {
        bounding: ["CAP_CHOWN"],
        effective: ["CAP_CHOWN"],
        permitted: ["CAP_CHOWN"],
        inheritable: ["CAP_CHOWN"],
        ambient: ["CAP_CHOWN"],
      },
    },
  });

  expect([CapEff, CapAmb]).toEqual([["CAP_CHOWN"], ["CAP_CHOWN"]]);
});

test.each([false, true])(
  "the seccomp filter is in force, with no-new-privileges %p",
  async (noNewPrivileges) => {
    const seccomp = resolveSeccompProfile(defaultSeccompProfile(), {
      capabilities: [],
      architecture: process.arch,
      kernel: "6.1",
    });
    const script = "grep -E 'Seccomp:|NoNewPrivs' /proc/self/status; unshare -U true 2>&1 || true";
    const output = await world.shell(script, { linux: { seccomp }, process: { noNewPrivileges } });

    expect(output).toMatch(new RegExp(`NoNewPrivs:\\t${noNewPrivileges ? 1 : 0}\nSeccomp:\\t2\n`));
    expect(output).toContain("Operation not permitted");
  },
);

test("groups are the user's own, and none of the daemon's", async () => {
  const user = { uid: 1000, gid: 100, additionalGids: [4, 5] };

  expect(await world.shell("id -u; id -g; id -G", { process: { user } })).toBe(
    "1000\n100\n100 4 5",
  );
  expect(await world.shell("id -G")).toBe("0");
});

test("a container's namespaces can be shared with another one", async () => {
  const donor = await world.start({
    args: ["sh", "-c", "hostname shared; sleep 100"],
    capabilities: ["CAP_SYS_ADMIN"],
  });
  const at = (name: string) => `/proc/${donor.running.pid}/ns/${name}`;
  const script =
    "for n in /proc/self/ns/*; do readlink $n; done; cat /proc/1/cmdline | tr '\\0' ' '";
  const output = await world.shell(script, {
    namespaces: {
      user: at("user"),
      pid: at("pid"),
      network: at("net"),
      ipc: at("ipc"),
      uts: "host",
    },
  });
  const { stdout } = await world.runExec(donor, {
    args: ["sh", "-c", "for n in /proc/self/ns/*; do readlink $n; done"],
  });
  await world.kill(donor);
  const [mine, theirs] = [output, stdout].map((text) => new Set(text.split("\n")));
  const shared = [...(mine ?? [])]
    .filter((line) => theirs?.has(line))
    .map((line) => line.split(":")[0]);

  expect(shared).toEqual(expect.arrayContaining(["ipc", "net", "pid", "user"]));
  expect(shared).not.toContain("mnt");
  expect(output).toContain("sleep 100");
});

test("namespaces that are the host's stay so", async () => {
  const types = ["network", "ipc", "uts", "pid"] as const;
  const namespaces = Object.fromEntries(types.map((type) => [type, "host"]));
  const script = "for n in net ipc uts pid; do readlink /proc/self/ns/$n; done";
  const output = await world.shell(script, {
    hostUser: true,
    namespaces,
  });

  expect(output.split("\n")).toEqual(
    ["net", "ipc", "uts", "pid"].map((name) => readlinkSync(`/proc/self/ns/${name}`)),
  );
});

interface CapabilityOptions {
  readonly capabilities?: readonly string[];
  readonly hostUser?: boolean;
  readonly process?: object;
}

async function capabilitiesOf(
  options: CapabilityOptions,
): Promise<Record<string, readonly string[]>> {
  const lines = (await world.shell("grep ^Cap /proc/self/status", options)).split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", mask = ""] = line.split(":\t");
      return [name, decodeCapabilities(BigInt(`0x${mask}`))];
    }),
  );
}
