import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { type RecordedIo, recordedIo } from "../../test/support/recorded-io.ts";
import { runCli } from "./main.ts";

async function run(line: string, io: RecordedIo = recordedIo()) {
  const code = await runCli(line === "" ? [] : line.split(" "), io);
  return { code, out: io.out(), err: io.err() };
}

describe("help", () => {
  test("of the program names every command", async () => {
    const { code, out } = await run("--help");
    expect(code).toBe(0);
    for (const name of ["run", "explain", "container", "daemon", "--tlsverify"]) {
      expect(out).toContain(`  ${name}`);
    }
  });

  test("of a command has Docker's layout", async () => {
    const { out } = await run("container rm --help");
    expect(out).toBe(`Usage:  sampan container rm [OPTIONS] CONTAINER [CONTAINER...]

Remove one or more containers

Aliases:
  sampan container rm, sampan container remove, sampan rm

Options:
  -f, --force     Force the removal of a running container (uses SIGKILL)
  -l, --link      Remove the specified link
  -v, --volumes   Remove anonymous volumes associated with the container
`);
  });

  test.each(["help ps", "ps --help", "ps -h", "--help ps"])("is found by %p", async (line) => {
    expect((await run(line)).out).toStartWith("Usage:  sampan ps [OPTIONS]\n");
  });

  test("of a group comes by itself, on stderr", async () => {
    const { code, err } = await run("image");
    expect([code, err.split("\n")[0]]).toEqual([0, "Usage:  sampan image COMMAND"]);
  });
});

describe("a line that cannot be run is told of:", () => {
  test.each<[string, number, string]>([
    [
      "ps --bogus",
      125,
      "unknown flag: --bogus\n\nUsage:  sampan ps [OPTIONS]\n\nRun 'sampan ps --help' for more information\n",
    ],
    [
      "--bogus",
      125,
      "unknown flag: --bogus\n\nUsage:  sampan [OPTIONS] COMMAND [ARG...]\n\nRun 'sampan --help' for more information\n",
    ],
    [
      "ps a",
      1,
      "sampan: 'sampan ps' accepts no arguments\n\nUsage:  sampan ps [OPTIONS]\n\nRun 'sampan ps --help' for more information\n",
    ],
    [
      "rename a",
      1,
      "sampan: 'sampan rename' requires 2 arguments\n\nUsage:  sampan rename CONTAINER NEW_NAME\n\nRun 'sampan rename --help' for more information\n",
    ],
    [
      "run",
      1,
      "sampan: 'sampan run' requires at least 1 argument\n\nUsage:  sampan run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun 'sampan run --help' for more information\n",
    ],
    [
      "pss",
      1,
      "sampan: unknown command: sampan pss\n\nDid you mean this?\n\tps\n\nRun 'sampan --help' for more information\n",
    ],
    [
      "container strat",
      1,
      "sampan: unknown command: sampan container strat\n\nDid you mean this?\n\tstart\n\tstats\n\nRun 'sampan container --help' for more information\n",
    ],
    [
      "qqqq",
      1,
      "sampan: unknown command: sampan qqqq\n\nRun 'sampan --help' for more information\n",
    ],
    [
      "run -p a:b x",
      125,
      "sampan: invalid containerPort: b\n\nRun 'sampan run --help' for more information\n",
    ],
    [
      "run --pull x y",
      125,
      'sampan: invalid pull option: \'x\': must be one of "always", "missing" or "never"\n\nRun \'sampan run --help\' for more information\n',
    ],
    ["run -d -a stdout x", 1, "conflicting options: cannot specify both --attach and --detach\n"],
    ["run -it x", 1, "the input device is not a TTY\n"],
    [
      "-H bogus://x ps",
      1,
      "Failed to initialize: unable to resolve docker endpoint: invalid bind address format: bogus://x\n",
    ],
    [
      "-H unix:///nowhere/s ps",
      1,
      "Cannot connect to the Sampan daemon at unix:///nowhere/s. Is the sampan daemon running?\n",
    ],
  ])("%p", async (line, code, err) => {
    expect(await run(line)).toEqual({ code, out: "", err });
  });
});

test.each<[object, string]>([
  [{ SAMPAN_HOST: "unix:///a/s", DOCKER_HOST: "unix:///b/s" }, "/a/s"],
  [{ DOCKER_HOST: "unix:///b/s" }, "/b/s"],
  [{ SAMPAN_HOST: "", DOCKER_HOST: "unix:///b/s" }, "/b/s"],
])("the host comes from %p", async (env, path) => {
  expect((await run("ps", recordedIo({ env: { ...env } }))).err).toContain(`unix://${path}.`);
});

/** A daemon that answers each path with what the test says, and keeps what it was asked. */
async function daemon(answers: Readonly<Record<string, unknown>>) {
  const directory = await mkdtemp("/tmp/sampan-cli-");
  const asked: string[] = [];
  const server = Bun.serve({
    unix: `${directory}/socket`,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/_ping") return new Response("", { headers: { "api-version": "1.47" } });
      asked.push(
        `${request.method} ${pathname}${decodeURIComponent(search)}${await request.text()}`,
      );
      const answer = answers[`${request.method} ${pathname.replace("/v1.47", "")}`];
      if (answer === undefined) return Response.json({ message: "nothing there" }, { status: 404 });
      return typeof answer === "string" ? new Response(answer) : Response.json(answer);
    },
  });
  const io = recordedIo({ env: { SAMPAN_HOST: `unix://${directory}/socket` } });
  return {
    asked,
    run: (line: string) => run(line, io),
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      await rm(directory, { recursive: true });
    },
  };
}

test("ps asks in the daemon's version and passes filters on in the API's form", async () => {
  await using server = await daemon({ "GET /containers/json": [] });
  const { code, out } = await server.run("ps -a -n 3 -f label=a=b -f label=c");
  expect([code, out]).toEqual([
    0,
    "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n",
  ]);
  expect(server.asked).toEqual([
    'GET /v1.47/containers/json?all=1&limit=3&filters={"label":{"a=b":true,"c":true}}',
  ]);
});

test("a refusal of the daemon is told, and what could be done is done", async () => {
  await using server = await daemon({ "DELETE /containers/a": "" });
  expect(await server.run("rm -v a b")).toEqual({
    code: 1,
    out: "a\n",
    err: "Error response from daemon: nothing there\n",
  });
  expect(server.asked.sort()).toEqual([
    "DELETE /v1.47/containers/a?v=1",
    "DELETE /v1.47/containers/b?v=1",
  ]);
});

test("run --pull=never of an image that is missing exits with 125", async () => {
  await using server = await daemon({});
  const { code, err } = await server.run("run --pull never nosuch");
  expect([code, err]).toEqual([
    125,
    "sampan: Error response from daemon: nothing there\n\nRun 'sampan run --help' for more information\n",
  ]);
});

test("create tells of a name server on the host's loopback, which the container has not", async () => {
  await using server = await daemon({ "POST /containers/create": { Id: "ab" } });
  expect(await server.run("create --dns 1.1.1.1 --dns 127.0.0.53 --dns ::1 x")).toEqual({
    code: 0,
    out: "ab\n",
    err: "WARNING: Localhost DNS (127.0.0.53) may fail in containers.\n",
  });
});

test("system prune takes networks between the containers and the images", async () => {
  await using server = await daemon({
    "POST /containers/prune": { ContainersDeleted: ["c"], SpaceReclaimed: 5 },
    "POST /networks/prune": { NetworksDeleted: ["n"] },
    "POST /images/prune": { ImagesDeleted: [{ Deleted: "i" }], SpaceReclaimed: 6 },
  });
  const { out } = await server.run("system prune -f --filter label=a");
  expect(out).toBe(
    "Deleted Containers:\nc\n\nDeleted Networks:\nn\n\nDeleted Images:\ndeleted: i\n\nTotal reclaimed space: 11B\n",
  );
  expect(server.asked[1]).toBe('POST /v1.47/networks/prune?filters={"label":{"a":true}}');
});

test("inspect finds images too, keeps numbers exact, and tells what is missing", async () => {
  await using server = await daemon({ "GET /images/x/json": '{"Big":12345678901234567890}' });
  expect(await server.run("inspect -f json x y")).toEqual({
    code: 1,
    out: '[{"Big":12345678901234567890}]\n',
    err: "Error: No such object: y\n",
  });
});

test("explain shows a plan as text, as JSON or by a template", async () => {
  const plan = {
    phases: [{ name: "clone", what: "fork" }],
    steps: [{ index: 0, op: "exec", what: "become true", why: "the command" }],
  };
  await using server = await daemon({ "POST /containers/explain": plan });
  expect((await server.run("explain run -m 64m busybox true")).out).toContain("become true");
  expect(server.asked[0]).toContain('"Memory":67108864');
  await using again = await daemon({ "POST /containers/explain": plan });
  const { out } = await again.run("explain --format json run busybox true");
  expect(JSON.parse(out)).toEqual(plan);
});

test("events are shown as they come, with their exact time", async () => {
  const event = {
    Type: "container",
    Action: "die",
    Actor: { ID: "ab", Attributes: { name: "web", exitCode: "0" } },
    time: 1795471155,
  };
  const line = JSON.stringify(event)
    .replace("}}", '}},"timeNano":1795471155815144228')
    .replace(',"time"', ',"time"');
  await using server = await daemon({ "GET /events": `${line}\n` });
  expect((await server.run("events --since 1 --until 2")).out).toBe(
    "2026-11-23T21:59:15.815144228Z container die ab (exitCode=0, name=web)\n",
  );
});
