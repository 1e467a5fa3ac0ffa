// Lists with filters, prune, and logs in parts, the same from Docker's command line and from ours.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";
import type { RunOptions } from "../support/run-program.ts";

let daemon: TestDaemon;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

for (const { name, test, run } of COMMAND_LINES) {
  /** What a command that must succeed writes. */
  const say = async (args: readonly string[], options?: RunOptions) => {
    const { status, stdout, stderr } = await run(daemon, args, options);
    if (status !== 0) throw new Error(`${args.join(" ")}: ${status}: ${stdout}${stderr}`);
    return stdout.trim();
  };

  describe(`${name}: lists`, () => {
    test("ps filters, and prune removes what does not run", async () => {
      const label = `of=${name}`;
      const make = (own: string, ...args: string[]) =>
        say([
          "run",
          "-d",
          "--name",
          `${name}-${own}`,
          "-l",
          label,
          "-l",
          `own=${own}`,
          "busybox",
          ...args,
        ]);
      const running = await make("running", "sleep", "100");
      const ended = await make("ended", "sh", "-c", "exit 3");
      await say(["wait", ended]);
      await say(["create", "--name", `${name}-made`, "-l", label, "busybox"]);
      const rows: readonly (readonly [filters: readonly string[], wanted: readonly string[]])[] = [
        [["status=running"], ["running"]],
        [["status=exited"], ["ended"]],
        [["status=created"], ["made"]],
        [
          ["status=created", "status=exited"],
          ["ended", "made"],
        ],
        [["exited=3"], ["ended"]],
        [[`name=${name}-e`], ["ended"]],
        [[`name=^/${name}-made$`], ["made"]],
        [[`id=${running.slice(0, 12)}`], ["running"]],
        [["label=own"], ["ended", "running"]],
        [["label=own=ended"], ["ended"]],
        [["ancestor=busybox"], ["ended", "made", "running"]],
        [[`before=${name}-ended`], ["running"]],
        [[`since=${name}-ended`], ["made"]],
        [["network=bridge", "status=running"], ["running"]],
        [["label=none"], []],
      ];
      for (const [filters, wanted] of rows) {
        const flags = [`label=${label}`, ...filters].flatMap((filter) => ["--filter", filter]);
        const found = await say(["ps", "-a", ...flags, "--format", "{{.Names}}"]);
        const names = found
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => line.slice(name.length + 1));
        expect([filters, names.sort()]).toEqual([filters, [...wanted]]);
      }
      const { stderr } = await run(daemon, ["ps", "--filter", "odd=1"]);
      expect(stderr.toLowerCase()).toContain("invalid filter 'odd'");
      expect(await say(["container", "prune", "-f", "--filter", `label=${label}`])).toContain(
        ended,
      );
      expect(await say(["ps", "-aq", "--no-trunc", "--filter", `label=${label}`])).toBe(running);
      await say(["rm", "-f", running]);
    });

    test("logs: tail, timestamps, since, until, follow", async () => {
      const id = await say([
        "run",
        "-d",
        "busybox",
        "sh",
        "-c",
        "for i in 1 2 3 4; do echo $i; usleep 20000; done; echo e >&2",
      ]);
      expect((await run(daemon, ["logs", "-f", id])).stdout).toBe("1\n2\n3\n4\n");
      expect((await run(daemon, ["logs", id])).stderr).toBe("e\n");
      expect((await run(daemon, ["logs", "--tail", "2", id])).stdout).toBe("4\n");
      expect((await run(daemon, ["logs", "--tail", "0", id])).stdout).toBe("");
      const stamped = (await run(daemon, ["logs", "-t", id])).stdout.trimEnd().split("\n");
      const lines = stamped.map((line) => line.split(" "));
      const [third = ""] = lines[2] ?? [];
      expect(third).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      // On a busy machine several lines are read, and so stamped, together.
      const thoseOf = (isWanted: (time: string) => boolean) =>
        lines.flatMap(([time = "", word]) => (isWanted(time) ? [`${word}\n`] : [])).join("");
      expect((await run(daemon, ["logs", "--since", third, id])).stdout).toBe(
        thoseOf((time) => time >= third),
      );
      expect((await run(daemon, ["logs", "--until", third, id])).stdout).toBe(
        thoseOf((time) => time <= third),
      );
      await say(["rm", id]);
    });
  });
}
