// Volumes, the same from Docker's command line and from ours.

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
  /** What a command says, on both streams; with its status where it is not 0. */
  const say = async (line: string, options?: RunOptions) => {
    const { status, stdout, stderr } = await run(daemon, line.split(" "), options);
    const text = `${stdout}${stderr}`.trim();
    return status === 0 ? text : `${status}: ${text}`;
  };
  const shell = async (options: string, line: string) => {
    const args = ["run", "--rm", ...options.split(" "), "busybox", "sh", "-c", line];
    const { status, stdout, stderr } = await run(daemon, args);
    return status === 0 ? stdout.trim() : `${status}: ${stdout}${stderr}`.trim();
  };

  describe(`${name}: volumes`, () => {
    test("are created, listed, inspected and removed", async () => {
      expect(await say("volume create --label a=b --label c one")).toBe("one");
      expect(await say("volume create --driver local one")).toBe("one");
      expect(await say("volume create two")).toBe("two");
      expect(await say("volume create ten10")).toBe("ten10");
      expect(await say("volume create ten9")).toBe("ten9");
      expect(await say("volume ls")).toBe(
        [
          "DRIVER    VOLUME NAME",
          ...["one", "ten9", "ten10", "two"].map((volume) => `local     ${volume}`),
        ].join("\n"),
      );
      expect(await say("volume ls -q --filter label=a=b --filter label=c")).toBe("one");
      expect(await say("volume ls -q --filter name=t --filter dangling=1")).toBe(
        "ten9\nten10\ntwo",
      );
      expect(
        await say("volume ls --filter name=one --format {{.Name}}:{{.Labels}}:{{.Driver}}"),
        // Docker's client shows labels in any order.
      ).toMatch(/^one:(a=b,c=|c=,a=b):local$/);
      const json = JSON.parse(await say("volume ls --filter name=one --format json"));
      expect(json).toMatchObject({
        Availability: "N/A",
        Driver: "local",
        Group: "N/A",
        Labels: expect.stringMatching(/^(a=b,c=|c=,a=b)$/),
        Links: "N/A",
        Name: "one",
        Scope: "local",
        Size: "N/A",
        Status: "N/A",
      });
      expect(JSON.parse(await say("volume inspect one two"))).toMatchObject([
        { Name: "one", Labels: { a: "b", c: "" }, Options: null, Scope: "local" },
        { Name: "two", Labels: null },
      ]);
      expect(await say("volume inspect --format {{.Mountpoint}} one")).toBe(
        `${daemon.dataRoot}/volumes/one/_data`,
      );
      expect(await say("inspect --type volume --format {{.Name}} one")).toBe("one");
      expect(await say("volume rm one two")).toBe("one\ntwo");
      expect(await say("volume rm ten9 none")).toBe(
        "1: ten9\nError response from daemon: get none: no such volume",
      );
      expect(await say("volume rm -f ten10 none")).toBe("ten10\nnone");
      expect(await say("volume inspect none")).toBe(
        "1: []\nError response from daemon: get none: no such volume",
      );
      expect(await say("volume create -d foo bar")).toContain('plugin "foo" not found');
      expect(await say("volume create --name x y")).toContain(
        "conflicting options: cannot specify",
      );
      expect(await say("volume create --opt foo=1 bar")).toBe(
        '1: Error response from daemon: create bar: invalid option: "foo"',
      );
    });

    test("are pruned after a question: those without a name, or all", async () => {
      const anonymous = await say("volume create");
      expect(anonymous).toMatch(/^[0-9a-f]{64}$/);
      await say("volume create named");
      const warning = "local volumes not used by at least one container.\nAre you sure you want to";
      const stopped = await say("volume prune", { stdin: "n\n" });
      expect(stopped).toContain(`WARNING! This will remove anonymous ${warning} continue? [y/N]`);
      expect(await say("volume ls -q")).toContain(anonymous);
      expect(await say("volume prune", { stdin: "y\n" })).toContain(
        `Deleted Volumes:\n${anonymous}\n\nTotal reclaimed space: 0B`,
      );
      await shell("-v named:/v", "head -c 2000 /dev/zero > /v/file");
      await say("create --name user -v used:/v busybox true");
      expect(await say("volume prune --all", { stdin: "y\n" })).toContain(
        `WARNING! This will remove all ${warning}`,
      );
      expect(await say("volume ls -q")).toBe("used");
      expect(await say("volume rm used")).toContain("remove used: volume is in use - [");
      expect(await say("volume prune -a --filter all=1 -f")).toContain("conflicting options");
      await say("rm -v user");
      expect(await say("volume prune -af")).toBe(
        "Deleted Volumes:\nused\n\nTotal reclaimed space: 0B",
      );
    });

    test("come from other containers, in part, and with options", async () => {
      await say("run --name donor -v data:/data -v /anonymous busybox touch /data/x /anonymous/y");
      expect(await shell("--volumes-from donor", "ls /data /anonymous | xargs")).toBe(
        "/anonymous: y /data: x",
      );
      expect(await shell("--volumes-from donor:ro", "touch /data/z 2>&1 || echo no")).toContain(
        "no",
      );
      expect(await say("run --rm --volumes-from donor:foo busybox true")).toContain(
        "invalid mode: foo",
      );
      await say("rm -v donor");
      expect(await say("volume ls -q")).toBe("data");

      await shell("-v data:/data", "mkdir /data/sub; echo in > /data/sub/file");
      const sub = "--mount type=volume,src=data,dst=/s,volume-subpath=sub";
      expect(await shell(sub, "cat /s/file")).toBe("in");
      expect(await shell(sub.replace("=sub", "=nope"), "true")).toContain("cannot access path");
      const made =
        "--mount type=volume,src=memory,dst=/m,volume-opt=type=tmpfs,volume-opt=device=tmpfs," +
        "volume-opt=o=size=64k,volume-label=kind=fast";
      expect(await shell(made, "df -k /m | tail -1 | awk '{print $2}'")).toBe("64");
      expect(await say("volume inspect --format {{.Labels.kind}}/{{.Options.o}} memory")).toBe(
        "fast/size=64k",
      );
      expect(await shell("--volume-driver local -v data:/data", "ls /data | xargs")).toBe("sub x");
      expect(await shell("--volume-driver foo -v data:/data", "true")).toContain(
        'plugin "foo" not found',
      );
      await say("volume rm data memory");
    });

    test("their sizes are told", async () => {
      await shell("-v sized:/v", "head -c 5000 /dev/zero > /v/file");
      await say("volume create --opt type=tmpfs --opt device=tmpfs elsewhere");
      const row = "{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}} {{.Reclaimable}}";
      const { stdout } = await run(daemon, ["system", "df", "--format", row]);
      expect(stdout).toContain("Local Volumes 1 0 5kB 5kB (100%)");
      const details = await say("system df -v");
      expect(details).toMatch(/^sized +0 +5kB$/m);
      expect(details).not.toContain("elsewhere");
      await say("volume rm sized elsewhere");
    });
  });
}
