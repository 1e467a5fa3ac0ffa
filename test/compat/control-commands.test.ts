// Containers that are paused, watched and limited, the same from Docker's command line and from ours.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";

let daemon: TestDaemon;
const isRoot = process.getuid?.() === 0;

beforeAll(async () => {
  if (!isRoot) return;
  daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

for (const { name, test, run } of COMMAND_LINES) {
  const type = (line: string) => run(daemon, line.split(" "));
  /** What a command that must succeed writes. */
  const say = async (line: string) => {
    const { status, stdout, stderr } = await type(line);
    if (status !== 0) throw new Error(`${line}: ${status}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  /** As say(), of `stats`: docker's client gives up after two seconds, which a machine can need. */
  const measure = async (line: string) => {
    for (;;) {
      const { status, stdout, stderr } = await type(`stats --no-stream ${line}`);
      if (status === 0) return stdout.trim();
      if (!stderr.includes("timeout waiting for stats")) throw new Error(`${line}: ${stderr}`);
    }
  };
  const complain = async (line: string) => {
    const { status, stderr } = await type(line);
    return status === 0 ? "it succeeded" : stderr;
  };
  const start = () => say("run -d --network none -m 64m busybox sleep 1000");

  describe(`${name}: containers that run`, () => {
    test("pause and unpause", async () => {
      const box = await start();
      expect(await say(`pause ${box}`)).toBe(box);
      expect(await say(`ps -f id=${box} -f status=paused --format {{.Status}}`)).toContain(
        "(Paused)",
      );
      expect(await complain(`pause ${box}`)).toContain("is already paused");
      expect(await complain(`exec ${box} true`)).toContain("unpause the container before exec");
      expect(await complain(`rm ${box}`)).toContain("is paused and must be unpaused first");
      expect(await complain(`start ${box}`)).toContain("cannot start a paused container");
      expect(await say(`container unpause ${box}`)).toBe(box);
      expect(await complain(`unpause ${box}`)).toContain("is not paused");
      await say(`pause ${box}`);
      await say(`restart -t 0 ${box}`);
      expect(await say(`inspect -f {{.State.Status}} ${box}`)).toBe("running");
      await say(`rm -f ${box}`);
    });

    test("stats of those that run and of those that do not", async () => {
      const box = await start();
      const [heading, row] = (await measure(`${box}`)).split("\n");
      expect(heading?.split(/ {2,}/)).toEqual([
        "CONTAINER ID",
        "NAME",
        "CPU %",
        "MEM USAGE / LIMIT",
        "MEM %",
        "NET I/O",
        "BLOCK I/O",
        "PIDS",
      ]);
      expect(row).toMatch(/^[0-9a-f]{12} .* \/ 64MiB .*% .* \/ .* 1$/);
      await say(`kill ${box}`);
      const format = "{{.ID}}={{.CPUPerc}}";
      expect(await measure(`--no-trunc --format ${format} ${box}`)).toBe(`${box}=0.00%`);
      expect(await complain("stats --no-stream nope")).toContain("No such container: nope");
      await say(`rm ${box}`);
    });

    test("top, in several of ps's formats", async () => {
      const box = await start();
      const lines = (await say(`top ${box}`)).split("\n");
      expect(lines[0]?.split(/ +/).join(" ")).toBe("UID PID PPID C STIME TTY TIME CMD");
      expect(lines[1]).toMatch(/^root .*00:00:00 +sleep 1000$/);
      expect(await say(`top ${box} aux`)).toMatch(/^USER +PID +%CPU/);
      expect(await say(`top ${box} -o pid,comm`)).toMatch(/^PID +COMMAND\n\d+ +sleep$/);
      expect(await complain(`top ${box} -o comm`)).toContain(
        "Couldn't find PID field in ps output",
      );
      await say(`kill ${box}`);
      expect(await complain(`top ${box}`)).toContain("is not running");
      await say(`rm ${box}`);
    });

    test("update changes limits while they hold", async () => {
      const box = await start();
      expect(await complain(`update -m 300m ${box}`)).toContain(
        "update the memoryswap at the same time",
      );
      expect(await complain(`update -m 1m ${box}`)).toContain(
        "Minimum memory limit allowed is 6MB",
      );
      expect(await say(`update -m 300m --memory-swap 400m --pids-limit 7 --cpus 0.5 ${box}`)).toBe(
        box,
      );
      const format = "{{.HostConfig.Memory}}-{{.HostConfig.PidsLimit}}-{{.HostConfig.NanoCpus}}";
      expect(await say(`inspect -f ${format} ${box}`)).toBe(`${300 << 20}-7-500000000`);
      expect(await complain(`update --cpu-quota 1000 ${box}`)).toContain(
        "NanoCPUs has already been set",
      );
      expect(await complain(`update --restart always --cpu-quota 1000 ${box}`)).toContain(
        "NanoCPUs has already been set",
      );
      expect(await say(`inspect -f {{.HostConfig.RestartPolicy.Name}} ${box}`)).toBe("no");
      expect(await measure(`--format {{.MemUsage}} ${box}`)).toEndWith("/ 300MiB");
      await say(`rm -f ${box}`);
    });

    test("events tell of all that", async () => {
      const box = await start();
      for (const line of ["pause", "unpause", "top", "update --pids-limit 9"])
        await say(`${line} ${box}`);
      await say(`rm -f ${box}`);
      // Docker's "0s" is the second that has begun: what happened in it would be missing.
      const soon = Math.floor(Date.now() / 1000) + 1;
      const seen = await say(
        `events --since 1m --until ${soon} --filter container=${box} --format {{.Action}}`,
      );
      for (const action of ["pause", "unpause", "top", "update"]) {
        expect(seen.split("\n")).toContain(action);
      }
      const paused = await say(
        `events --since 1m --until ${soon} --filter container=${box} --filter event=pause --format {{.Action}}`,
      );
      expect(paused).toBe("pause");
    });
  });
}
