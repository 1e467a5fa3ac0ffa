// Networks and published ports, the same from Docker's command line and from ours.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";

let daemon: TestDaemon;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

/** The first two numbers of subnets that no other test of this machine takes. */
const PREFIX = `10.${64 + (process.pid % 64)}`;

for (const [index, { name, test, run }] of COMMAND_LINES.entries()) {
  /** Everything that a command does, with its words as a shell splits them. */
  const type = (line: string) => run(daemon, line.split(" "));
  /** What a command that must succeed writes. */
  const say = async (line: string) => {
    const { status, stdout, stderr } = await type(line);
    if (status !== 0) throw new Error(`${line}: ${status}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  /** What a shell line writes in a running container. */
  const shell = async (container: string, line: string) =>
    (await run(daemon, ["exec", container, "sh", "-c", line])).stdout.trim();
  /** A name and subnets for one test alone. */
  const claim = (number: number) => {
    const first = index * 100 + number * 2;
    return {
      net: `${name}-net${number}`,
      subnet: `${PREFIX}.${first}`,
      other: `${PREFIX}.${first + 1}`,
    };
  };

  describe(`${name} network`, () => {
    test("create, ls, inspect and rm", async () => {
      const { net, subnet } = claim(1);
      const options = `--subnet ${subnet}.0/24 --gateway ${subnet}.9 --label own=${name} -o x=y`;
      const id = await say(`network create ${options} ${net}`);
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      expect(await say(`network ls -q --no-trunc -f name=${net}`)).toBe(id);
      const row = `${id.slice(0, 12)}   ${net.padEnd(10)}   bridge    local`;
      expect(await say(`network ls -f name=${net}`)).toEndWith(row);
      const format = "{{.Name}} {{.Driver}} {{.Internal}} {{json .IPAM.Config}} {{json .Labels}}";
      const shown = await run(daemon, ["network", "inspect", "-f", format, id.slice(0, 8)]);
      const config = `[{"Subnet":"${subnet}.0/24","Gateway":"${subnet}.9"}]`;
      expect(shown.stdout.trim()).toBe(`${net} bridge false ${config} {"own":"${name}"}`);
      expect(await say(`inspect -f {{.Id}} ${net}`)).toBe(id);
      expect(await say(`network rm ${net}`)).toBe(net);
      expect(await say(`network rm -f ${net}`)).toBe("");
    });

    test("ls has the three that are always there, and filters", async () => {
      const { net } = claim(2);
      await say(`network create --label own=${name} --internal ${net}`);
      const names = async (filters: string) =>
        (await say(`network ls ${filters} --format {{.Name}}`)).split("\n");
      expect(await names("-f type=builtin")).toEqual(["bridge", "host", "none"]);
      expect(await names("-f driver=null")).toEqual(["none"]);
      expect(await names("-f type=custom")).toContain(net);
      expect(await names(`-f label=own=${name}`)).toEqual([net]);
      expect(await names("-f dangling=true")).toContain(net);
      expect(await names("-f scope=swarm")).toEqual([""]);
      const internal = await say(`network ls -f name=${net} --format {{.Internal}}`);
      expect(internal).toBe("true");
      await say(`network rm ${net}`);
    });

    test("what cannot be is refused in the same words", async () => {
      const { net, subnet } = claim(3);
      await say(`network create --subnet ${subnet}.0/24 ${net}`);
      const rows: readonly (readonly [line: string, text: string])[] = [
        [`network create ${net}`, `network with name ${net} already exists`],
        [`network create --subnet ${subnet}.0/25 ${net}2`, "Pool overlaps with other one"],
        ["network create bridge", "operation is not permitted on predefined bridge network"],
        ["network rm bridge", "bridge is a pre-defined network and cannot be removed"],
        ["network rm nope", "network nope not found"],
        ["network inspect nope", "network nope not found"],
        [`network connect ${net} nope`, "No such container: nope"],
        ["network create --driver nope x", "nope"],
        ["network create --scope swarm x", "swarm"],
        ["network create --ingress x", "Error response from daemon: "],
        ["network create --config-only x", "Error response from daemon: "],
        ["network create --gateway 10.0.0.1 x", "must have a corresponding subnet"],
      ];
      for (const [line, text] of rows) {
        const { status, stderr } = await type(line);
        expect([line, status, stderr]).toEqual([line, 1, expect.stringContaining(text)]);
      }
      await say(`network rm ${net}`);
    });

    test("connect and disconnect a container that runs", async () => {
      const { net, subnet } = claim(4);
      const box = `${name}-box`;
      await say(`network create --subnet ${subnet}.0/24 ${net}`);
      await say(`run -d --name ${box} busybox sleep 1000`);
      expect(await say(`network connect --ip ${subnet}.77 --alias known ${net} ${box}`)).toBe("");
      expect(await shell(box, "ip -o -4 addr | grep -c eth")).toBe("2");
      expect(await shell(box, `ip -o -4 addr | grep -c ${subnet}.77/24`)).toBe("1");
      const found = `run --rm --network ${net} busybox ping -c 1 -W 30 known`;
      expect(await say(found)).toContain(`(${subnet}.77)`);
      const containers = "{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}";
      const shown = await run(daemon, ["network", "inspect", "-f", containers, net]);
      expect(shown.stdout).toBe(`${box} ${subnet}.77/24\n`);
      const again = await type(`network connect ${net} ${box}`);
      expect([again.status, again.stderr]).toEqual([1, expect.stringContaining("already exists")]);
      const used = await type(`network rm ${net}`);
      expect([used.status, used.stderr]).toEqual([
        1,
        expect.stringContaining("has active endpoints"),
      ]);
      await say(`network disconnect ${net} ${box}`);
      expect(await shell(box, "ip -o -4 addr | grep -c eth")).toBe("1");
      const gone = await type(`network disconnect ${net} ${box}`);
      expect([gone.status, gone.stderr]).toEqual([
        1,
        expect.stringContaining(`is not connected to network ${net}`),
      ]);
      await say(`rm -f ${box}`);
      await say(`network rm ${net}`);
    });

    test("run takes several networks, with addresses of their own", async () => {
      const { net, subnet, other } = claim(5);
      await say(`network create --subnet ${subnet}.0/24 ${net}`);
      await say(`network create --subnet ${other}.0/24 ${net}2`);
      const first = `name=${net},ip=${subnet}.5,mac-address=02:42:00:00:00:05`;
      const second = `name=${net}2,ip=${other}.6,gw-priority=1`;
      const options = `--network ${first} --network ${second} --network-alias web`;
      const box = await say(`run -d ${options} busybox sleep 1000`);
      expect(await shell(box, `ip -o -4 addr | grep -c -e ${subnet}.5/24 -e ${other}.6/24`)).toBe(
        "2",
      );
      expect(await shell(box, "ip link | grep -c 02:42:00:00:00:05")).toBe("1");
      expect(await shell(box, "ip route | grep default")).toContain(`via ${other}.1 `);
      const networks = await say(`ps --format {{.Networks}} -f id=${box}`);
      expect(networks.split(",").sort()).toEqual([net, `${net}2`]);
      await say(`rm -f ${box}`);
      expect(await say(`network rm ${net} ${net}2`)).toBe(`${net}\n${net}2`);
    });

    test("prune removes those that nobody uses", async () => {
      const { net } = claim(6);
      const filter = `--filter label=for=${net}`;
      await say(`network create --label for=${net} ${net}`);
      await say(`network create --label for=${net} ${net}2`);
      const box = await say(`run -d --network ${net}2 busybox sleep 1000`);
      expect(await say(`network prune -f ${filter}`)).toBe(`Deleted Networks:\n${net}`);
      expect(await say(`network prune -f ${filter}`)).toBe("");
      await say(`rm -f ${box}`);
      expect(await say(`network prune -f --filter label!=for=${net}`)).not.toContain(net);
      expect(await say(`network prune -f ${filter}`)).toBe(`Deleted Networks:\n${net}2`);
    });
  });

  describe(`${name} run`, () => {
    test("tells what a network cannot do, with exit code 125", async () => {
      const { net } = claim(7);
      await say(`network create ${net}`);
      const rows: readonly (readonly [options: string, text: string])[] = [
        ["--network nope", "network nope not found"],
        ["--network-alias x", "only supported for user-defined networks"],
        ["--ip 10.9.9.9", "user specified IP address is supported on user defined networks only"],
        [
          `--network ${net} --ip 10.9.9.9`,
          "user specified IP address is supported only when connecting to networks with user configured subnets",
        ],
        [`--network ${net} --ip zz`, "invalid IPv4 address: zz"],
        ["--network host --network-alias x", "only supported for user-defined networks"],
        ["-p 80:x", "invalid containerPort: x"],
      ];
      for (const [options, text] of rows) {
        const { status, stderr } = await type(`run --rm ${options} busybox true`);
        expect([options, status, stderr]).toEqual([options, 125, expect.stringContaining(text)]);
      }
      await run(daemon, ["container", "prune", "-f"]);
      await say(`network rm ${net}`);
    });
  });
}
