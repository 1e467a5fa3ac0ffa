// Networks that stand beside the host, where this kernel has them.

import { afterAll, beforeAll, expect } from "bun:test";
import { NetworkUser } from "../support/network-user.ts";
import { testAsRoot as test } from "../support/test-if.ts";

let user: NetworkUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  user = await NetworkUser.start();
  user.host.exec(..."ip link add wire type veth peer name far".split(" "));
  for (const name of ["wire", "far"]) user.host.exec("ip", "link", "set", name, "up");
});
afterAll(async () => {
  user?.host.exec("ip", "link", "delete", "wire");
  await user?.[Symbol.asyncDispose]();
});

function hasKind(kind: string): boolean {
  const made = user.host.tryExec(
    "ip",
    "link",
    "add",
    "link",
    "wire",
    "name",
    "probe",
    "type",
    kind,
  );
  if (made.exitCode === 0) user.host.exec("ip", "link", "delete", "probe");
  return made.exitCode === 0;
}

for (const kind of ["macvlan", "ipvlan"] as const) {
  test(`${kind}: containers reach one another, or the error says that the kernel has none`, async () => {
    const body = {
      Name: kind,
      Driver: kind,
      Options: { parent: "wire" },
      IPAM: { Config: [{ Subnet: "10.1.0.0/24" }] },
    };
    const { status, message } = await user.ask("POST", "/networks/create", body);
    if (!hasKind(kind)) {
      expect([status, message]).toEqual([503, `this kernel has no ${kind} links`]);
      return;
    }
    expect(status).toBe(201);
    const one = await user.runBox({ name: "one", network: kind });
    const two = await user.runBox({ network: kind });
    expect(await user.shell(two, "ping -c 1 -W 10 one >/dev/null; echo $?")).toBe("0");
    expect(await user.shell(two, "ip route | grep default")).toContain("via 10.1.0.1 dev eth0");
    await user.disconnect(kind, two);
    await user.connect(kind, two);
    expect(await user.shell(two, "ping -c 1 -W 10 10.1.0.2 >/dev/null; echo $?")).toBe("0");
    const trial = `try${(await user.network(kind)).Id.slice(0, 12)}`;
    await user.daemon.kill();
    // As if that had been while it made a link only to find out whether it can.
    user.host.exec("ip", "link", "add", "link", "wire", "name", trial, "type", kind);
    await user.daemon.startAgain();
    expect(await user.shell(two, "nslookup one 127.0.0.11 | tail -n +3")).toContain("10.1.0.2");
    await user.removeBoxes(one, two);
    await user.removeNetwork(kind);
    expect(user.host.exec("ip", "-o", "link")).not.toContain("try");
  });
}

test("a parent that is not there, or takes none, is told", async () => {
  const rows: readonly (readonly [Options: object, status: number, text: string])[] = [
    [{}, 400, "needs a link of the host"],
    [{ parent: "nope" }, 404, 'the parent "nope" is no link of the host'],
    [{ parent: "lo" }, hasKind("macvlan") ? 400 : 503, "macvlan links"],
    [{ parent: "wire", macvlan_mode: "x" }, 400, 'unknown macvlan mode "x"'],
  ];
  for (const [Options, status, text] of rows) {
    const answer = await user.ask("POST", "/networks/create", {
      Name: "bad",
      Driver: "macvlan",
      Options,
    });
    expect([Options, answer.status, answer.message]).toEqual([
      Options,
      status,
      expect.stringContaining(text),
    ]);
  }
});
