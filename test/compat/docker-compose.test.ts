// Debian's docker-compose with services that depend on one another: test/clients/compose/docker-compose.yml.

import { expect } from "bun:test";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { NetworkNamespace } from "../support/network-namespace.ts";
import { CLIENT_LIMIT_MS, runClient } from "../support/other-clients.ts";
import { testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const isHere = process.getuid?.() === 0 && Bun.which("docker-compose") !== null;
const test = testIf(isHere, "no docker-compose, or not root", CLIENT_LIMIT_MS);

const FILE = ["--file", "compose/docker-compose.yml", "--project-name", "shop"];

interface Row {
  readonly Names: readonly string[];
  readonly State: string;
}

test("docker-compose brings services up, in their order, changes them, and takes them down", async () => {
  using network = new NetworkNamespace();
  network.exec("ip", "link", "set", "lo", "up");
  await using daemon = await TestDaemon.startIn(network);
  const compose = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const command = ["docker-compose", "--ansi", "never", ...FILE, ...args];
    const { status, stdout, stderr } = await runClient(command, { daemon, network }, env);
    return { status, stdout, failure: status === 0 ? "" : stderr };
  };
  const succeed = async (args: readonly string[], env?: Readonly<Record<string, string>>) => {
    const { stdout, failure } = await compose(args, env);
    expect(failure).toBe("");
    return stdout;
  };
  const states = async () => {
    const rows = (await (await daemon.fetch("/containers/json?all=1")).json()) as readonly Row[];
    return rows.map(({ Names, State }) => `${Names[0]?.slice(1)} ${State}`).sort();
  };
  const get = (path: string) => {
    const line = `exec 3<>/dev/tcp/127.0.0.1/18080; printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
    return network.tryExec("timeout", "5", "bash", "-c", line).stdout;
  };

  await succeed(["up", "--detach"]);
  const names = ["application", "database", "proxy", "worker"];
  const all = names.map((name) => `shop_${name}_1 running`);
  await waitUntil("all run", async () => Bun.deepEquals(await states(), all));
  const user = new ApiUser(daemon);
  expect((await user.inspect("shop_worker_1")).RestartCount).toBe(1);
  // What the application has waited for.
  expect((await user.inspect("shop_database_1")).State.Health.Status).toBe("healthy");
  // From the host through the proxy, and what the application has read from the database's volume.
  await waitUntil("the application answers", () => get("/rows").endsWith("first\n"));
  expect(await succeed(["logs"])).toContain("database is up");
  expect(await succeed(["port", "proxy", "80"])).toBe("127.0.0.1:18080\n");

  const executed = await compose([
    "exec",
    "-T",
    "application",
    "sh",
    "-c",
    "cat /www/mode; exit 3",
  ]);
  expect([executed.status, executed.stdout]).toEqual([3, "plain\n"]);
  expect(await succeed(["run", "--rm", "-T", "application", "cat", "/etc/hostname"])).toMatch(
    /^[0-9a-f]{12}\n$/,
  );

  await succeed(["up", "--detach", "--scale", "application=2"]);
  expect(await states()).toEqual([all[0] ?? "", "shop_application_2 running", ...all.slice(1)]);
  // Only the service whose variable has changed is made again.
  const before = await succeed(["ps", "--quiet", "database", "proxy"]);
  await succeed(["up", "--detach"], { MODE: "changed" });
  expect(await states()).toEqual(all);
  expect(await succeed(["ps", "--quiet", "database", "proxy"])).toBe(before);
  await waitUntil("the new one answers", () => get("/mode").endsWith("changed\n"));

  await succeed(["pause", "proxy"]);
  expect((await states())[2]).toBe("shop_proxy_1 paused");
  await succeed(["unpause", "proxy"]);
  await succeed(["restart", "--timeout", "0", "proxy"]);
  expect(await succeed(["top", "proxy"])).toContain("nc application 8080");
  await succeed(["stop", "--timeout", "0"]);
  await succeed(["start"]);
  expect(await states()).toEqual(all);

  await succeed(["down", "--volumes", "--timeout", "0"]);
  expect(await states()).toEqual([]);
  const { Volumes } = (await (await daemon.fetch("/volumes")).json()) as { Volumes: object[] };
  expect(Volumes).toEqual([]);
});
