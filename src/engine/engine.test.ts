import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TestConfig } from "../../test/support/container-config.ts";
import { addressOf, EngineWorld, FOREVER } from "../../test/support/engine-world.ts";
import { splitFrames } from "../../test/support/program-output.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { waitUntil } from "../../test/support/wait-until.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const containers = () => world.engine.containers;
const shell = (script: string) => ({ command: ["sh", "-c", script] });
const BIND = {
  kind: "bind",
  readonly: false,
  createSource: true,
  propagation: "",
  recursive: true,
  mode: "",
  via: "binds",
} as const;
const SLEEP = { command: ["sleep", "1000"] };

test("a container runs, and its output and exit code are known", async () => {
  expect(await world.run(shell("echo hello; echo $FROM_IMAGE; echo oops >&2; exit 7"))).toEqual({
    output: "hello\nyes\noops\n",
    exitCode: 7,
  });
});

test.each<[string, TestConfig, string]>([
  [
    "its user by name",
    { user: "daemon", ...shell("id -u; id -g; echo $HOME") },
    "1\n1\n/usr/sbin\n",
  ],
  [
    "its user by number",
    { user: "1000:1001", ...shell("id -u; id -g; echo $HOME") },
    "1000\n1001\n/\n",
  ],
  ["root's groups", shell("id -G"), "0 10\n"],
  ["its variables", { env: ["A=b"], ...shell("echo $A $TERM.") }, "b .\n"],
  [
    "its directory, made if missing",
    { workingDir: "/some/where", ...shell("pwd") },
    "/some/where\n",
  ],
  ["its host name", { hostname: "ship", ...shell("hostname; cat /etc/hostname") }, "ship\nship\n"],
  ["an entry point", { entrypoint: ["echo", "a"], command: ["b"] }, "a b\n"],
  ["a tmpfs", { host: { binds: [tmpfs("/t")] }, ...shell("stat -f -c %T /t") }, "tmpfs\n"],
  ["no stdin", shell("readlink /proc/self/fd/0; cat"), "/dev/null\n"],
  ["a limit", { host: { ulimits: [nofile(77)] }, ...shell("ulimit -n") }, "77\n"],
  ["a reaper as PID 1", { host: { init: true }, ...shell("echo $$") }, "2\n"],
])("a container has %s", async (_what, config, output) => {
  expect(await world.run(config)).toEqual({ output, exitCode: 0 });
});

function tmpfs(target: string) {
  return { kind: "tmpfs", target, readonly: false, options: [], via: "tmpfs" } as const;
}

function nofile(count: number) {
  return { type: "RLIMIT_NOFILE", soft: count, hard: count };
}

test("root in a container is another user on the host, by default", async () => {
  const id = await world.start(SLEEP);
  const { state, userNamespace } = await containers().get(id);
  const [, uid] = /^Uid:\s*(\d+)/m.exec(readFileSync(`/proc/${state.pid}/status`, "utf8")) ?? [];
  await world.remove(id);

  expect(userNamespace).not.toBe("host");
  expect(Number(uid)).toBe(userNamespace === "host" ? 0 : userNamespace.hostId);
});

test("a bind reads on the host as with Docker: what root writes is root's", async () => {
  using directory = new TemporaryDirectory();
  const source = directory.path;
  const bind = { ...BIND, source, target: "/data" };
  const { exitCode } = await world.run({ ...shell("echo x > /data/f"), host: { binds: [bind] } });
  const { uid } = statSync(join(source, "f"));

  expect({ exitCode, uid }).toEqual({ exitCode: 0, uid: 0 });
});

test("a named volume is filled from the image, and outlives its containers", async () => {
  const volume = (target: string) =>
    ({
      kind: "volume",
      source: "stuff",
      target,
      readonly: false,
      noCopy: false,
      mode: "",
      via: "binds",
    }) as const;
  const first = await world.run({
    ...shell("ls /etc; echo kept > /etc/mine"),
    host: { binds: [volume("/etc")] },
  });
  const second = await world.run({ ...shell("cat /v/mine"), host: { binds: [volume("/v")] } });

  expect(first.output).toContain("passwd");
  expect(second).toEqual({ output: "kept\n", exitCode: 0 });
});

test("an anonymous volume goes with its container when asked", async () => {
  const id = await world.start({ ...shell("echo x > /v/f"), volumes: ["/v"] });
  const [mount] = (await containers().get(id)).mounts;
  const directory = mount?.source ?? "";
  await (await containers().wait(id, "not-running", FOREVER)).done;

  expect(existsSync(join(directory, "f"))).toBe(true);
  await world.remove(id);
  expect(existsSync(directory)).toBe(false);
});

test("a container on the bridge has an address, and is gone from it at its end", async () => {
  const script = "ip addr show eth0; ip route; cat /etc/hosts; sleep 1000";
  const id = await world.start({
    ...shell(script),
    host: { network: { kind: "network", network: "bridge" } },
  });
  const { network } = await containers().get(id);
  await waitUntil("it spoke", async () =>
    (await world.logsOf(id)).includes(`${addressOf(network)}\t`),
  );
  const output = await world.logsOf(id);
  await containers().kill(id, "KILL");
  const after = addressOf((await containers().get(id)).network);
  await world.remove(id);

  expect(network).toMatchObject({
    mode: "bridge",
    endpoints: [{ ipv4: { gateway: "10.99.0.1", prefixLength: 24 } }],
  });
  expect(output).toContain(`inet ${addressOf(network)}/24`);
  expect(output).toContain("default via 10.99.0.1");
  expect(output).toContain(`${addressOf(network)}\t${id.slice(0, 12)}`);
  expect(after).toBe("");
});

test.each([
  [["nonsense"], 127, "executable file not found"],
  [["/no/such/file"], 127, "no such file or directory"],
  [["/etc/passwd"], 126, "permission denied"],
])("the command %p cannot start: %d", async (command, exitCode, text) => {
  const id = await world.create({ command });
  const error = await containers()
    .start(id)
    .catch((thrown: unknown) => thrown);
  const { state } = await containers().get(id);
  await world.remove(id);

  expect(error).toMatchObject({ message: expect.stringContaining(text) });
  expect(state).toMatchObject({ status: "created", exitCode, pid: 0 });
  expect(state.error).toContain(text);
});

test("logs follow until the end", async () => {
  const id = await world.start(shell("echo 1; sleep 0.1; echo 2; sleep 0.1; echo 3"));
  const query = { stdout: true, stderr: true, follow: true };
  const { output } = await containers().logs(id, query, FOREVER);
  const frames = splitFrames(Buffer.concat(await Array.fromAsync(output)));
  const text = Buffer.concat(frames.map(({ body }) => body)).toString();
  await world.remove(id);

  expect(text).toBe("1\n2\n3\n");
});

test("a container joins the network and the user namespace of another", async () => {
  const donor = await world.start(SLEEP, "donor");
  const host = { network: { kind: "container", container: "donor" } } as const;
  const { output } = await world.run({
    ...shell("hostname; ip addr show eth0; cat /etc/hosts"),
    host,
  });
  const { network } = await containers().get(donor);
  await world.remove(donor);

  expect(output).toContain(`${donor.slice(0, 12)}\n`);
  expect(output).toContain(`inet ${addressOf(network)}/24`);
  await expect(world.start({ ...SLEEP, host })).rejects.toThrow("No such container: donor");
});

test("privileged means the host's user namespace and what the daemon may do", async () => {
  const { output } = await world.run({
    ...shell(
      "cat /proc/self/uid_map; grep Seccomp: /proc/self/status; test -w /proc/sys && echo rw",
    ),
    host: { privileged: true },
  });

  expect(output).toMatch(/^\s*0\s+0\s+4294967295\nSeccomp:\s+0\nrw\n$/);
});

test("-v makes a directory on the host where there is none", async () => {
  using parent = new TemporaryDirectory();
  const source = join(parent.path, "a/b");
  const bind = { ...BIND, source, target: "/data" };
  const { exitCode } = await world.run({ ...shell("touch /data/f"), host: { binds: [bind] } });
  const exists = existsSync(join(source, "f"));

  expect({ exitCode, exists }).toEqual({ exitCode: 0, exists: true });
});

test("a volume is filled for a container with --rm, too", async () => {
  const id = await world.create({
    ...shell("test -f /etc/passwd"),
    volumes: ["/etc"],
    host: { autoRemove: true },
  });
  const { done } = await containers().wait(id, "removed", FOREVER);
  await containers().start(id);

  expect(await done).toEqual({ exitCode: 0 });
});
