// What is published of a container, the same from Docker's command line and from ours.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";
import { testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

let daemon: TestDaemon;
const isRoot = process.getuid?.() === 0;

beforeAll(async () => {
  if (!isRoot) return;
  daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

const SERVE = "busybox httpd -f -p 80 -h /etc";

/** Whether the container's web server answers at that port of the host. */
async function answers(port: string): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/hostname`, { keepalive: false })).ok;
  } catch {
    // Nobody listens there.
    return false;
  }
}

for (const { name, test, run } of COMMAND_LINES) {
  const type = (line: string) => run(daemon, line.split(" "));
  /** What a command that must succeed writes. */
  const say = async (line: string) => {
    const { status, stdout, stderr } = await type(line);
    if (status !== 0) throw new Error(`${line}: ${status}: ${stdout}${stderr}`);
    return stdout.trim();
  };

  describe(`${name}: published ports`, () => {
    test("port, ps and inspect show them; they answer, and go with the container", async () => {
      const box = await say(`run -d -p 127.0.0.1::80 --expose 81/udp ${SERVE}`);
      const shown = await say(`port ${box}`);
      const [, port = ""] = /^80\/tcp -> 127\.0\.0\.1:(\d+)$/.exec(shown) ?? [];
      expect(Number(port)).toBeGreaterThan(0);
      expect(await say(`port ${box} 80`)).toBe(`127.0.0.1:${port}`);
      expect(await say(`container port ${box} 80/tcp`)).toBe(`127.0.0.1:${port}`);
      const ports = await say(`ps -f id=${box} --format {{.Ports}}`);
      expect(ports).toBe(`81/udp, 127.0.0.1:${port}->80/tcp`);
      const format = "{{json .NetworkSettings.Ports}}";
      expect(JSON.parse((await run(daemon, ["inspect", "-f", format, box])).stdout)).toEqual({
        "80/tcp": [{ HostIp: "127.0.0.1", HostPort: port }],
        "81/udp": null,
      });
      await waitUntil("the server answers", () => answers(port));
      await say(`rm -f ${box}`);
      expect(await answers(port)).toBe(false);
    });

    test("port fails for what is not published", async () => {
      const box = await say("run -d --expose 81 busybox sleep 1000");
      expect(await say(`port ${box}`)).toBe("");
      for (const [port, text] of [
        ["81", `Error: No public port '81' published for ${box}`],
        ["x", "Error: invalid port (x)"],
      ]) {
        const { status, stderr } = await type(`port ${box} ${port}`);
        expect([status, stderr]).toEqual([1, expect.stringContaining(text ?? "")]);
      }
      await say(`rm -f ${box}`);
    });

    test("-P publishes what is exposed, on both families", async () => {
      const box = await say(`run -d -P --expose 81-82 --expose 83/udp busybox sleep 1000`);
      const lines = (await say(`port ${box}`)).split("\n");
      const ipv4 = lines.filter((line) => line.includes("0.0.0.0:"));
      expect(ipv4.map((line) => line.split(" ")[0])).toEqual(["81/tcp", "82/tcp", "83/udp"]);
      await say(`rm -f ${box}`);
    });

    test("a port that another container has is refused before the start", async () => {
      const box = await say("run -d -p 127.0.0.1::80 busybox sleep 1000");
      const [, port = ""] = (await say(`port ${box} 80`)).split(":");
      const { status, stderr } = await type(`run -d -p 127.0.0.1:${port}:80 busybox true`);
      expect([status, stderr]).toEqual([
        125,
        expect.stringContaining(`Bind for 127.0.0.1:${port} failed: port is already allocated`),
      ]);
      await say(`rm -f ${box}`);
      await say("container prune -f");
    });

    test("a range is published port by port, and stays so over a restart", async () => {
      const box = await say("run -d -p 127.0.0.1::80-82/udp busybox sleep 1000");
      const before = await say(`port ${box}`);
      expect(before.split("\n").map((line) => line.split(" -> ")[0])).toEqual([
        "80/udp",
        "81/udp",
        "82/udp",
      ]);
      await say(`rm -f ${box}`);
      const pinned = before
        .replaceAll(/^(\d+)\/udp -> (.*)$/gm, "-p $2:$1/udp")
        .replaceAll("\n", " ");
      const again = await say(`run -d ${pinned} busybox sleep 1000`);
      expect(await say(`port ${again}`)).toBe(before);
      await say(`restart -t 0 ${again}`);
      expect(await say(`port ${again}`)).toBe(before);
      await say(`rm -f ${again}`);
    });
  });
}

testIf(isRoot, "not root")("update changes what a running container publishes", async () => {
  const sampan = async (...args: string[]) => (await daemon.sampan(args)).stdout.trim();
  const box = await sampan("run", "-d", ..."busybox httpd -f -p 80 -h /etc".split(" "));
  expect(await sampan("update", "--publish-add", "127.0.0.1::80", box)).toBe(box);
  const [, port = ""] = (await sampan("port", box, "80")).split(":");
  await waitUntil("the server answers", () => answers(port));
  expect(await sampan("update", "--publish-rm", "80/tcp", box)).toBe(box);
  expect(await sampan("port", box)).toBe("");
  expect(await answers(port)).toBe(false);
  const { status, stderr } = await daemon.sampan(["update", "--publish-rm", "80", "nope"]);
  expect([status, stderr]).toEqual([1, "Error response from daemon: No such container: nope\n"]);
  await sampan("rm", "-f", box);
});
