import { describe, expect, test } from "bun:test";
import { type Canned, startCannedApi } from "../../../test/support/canned-api.ts";
import { recordedIo } from "../../../test/support/recorded-io.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import type { Io } from "../io.ts";
import { runCli } from "../main.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;
const PULLED = { lines: [{ status: "Status: Downloaded newer image for x:latest" }] };

/** A command line at a daemon that gives these answers, with a config file of its own. */
async function world(answers: Readonly<Record<string, Canned>>, given: Partial<Io> = {}) {
  const api = await startCannedApi(answers);
  const env = { SAMPAN_HOST: api.host, DOCKER_CONFIG: `${api.directory}/config`, PATH: "" };
  const io = recordedIo({ ...given, env });
  return {
    io,
    asked: api.asked,
    abandoned: api.abandoned,
    configPath: `${env.DOCKER_CONFIG}/config.json`,
    run: async (line: string) => {
      const code = await runCli(line.split(" "), io);
      return { code, out: io.out(), err: io.err() };
    },
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

/** Somebody at a terminal who types this. */
function typing(text: string): Partial<Io> {
  return {
    stdin: { stream: () => new Blob([text]).stream() },
    terminal: {
      isTerminal: async (stream) => stream === "stdin",
      size: async () => undefined,
      makeRaw: async () => ({ [Symbol.dispose]: () => undefined }),
      hideInput: async () => ({ [Symbol.dispose]: () => undefined }),
    },
  };
}

describe("the pull of a new container", () => {
  const answers = {
    "POST /images/create": PULLED,
    "POST /containers/create": { status: 404, message: "No such image: x:latest" },
  };

  test("goes where the image is missing, with the user's credentials, told on stderr", async () => {
    await using daemon = await world(answers);
    const auths = { "a.io": { auth: btoa("me:pw") } };
    await Bun.write(daemon.configPath, JSON.stringify({ auths }));
    const { code, out, err } = await daemon.run("create a.io/x");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toBe(
      "Unable to find image 'a.io/x:latest' locally\n" +
        "Status: Downloaded newer image for x:latest\n" +
        "Error response from daemon: No such image: x:latest\n",
    );
    expect(daemon.asked[1]).toBe(
      'POST /images/create?fromImage=a.io/x&tag=latest auth {"username":"me","password":"pw","serveraddress":"a.io"}',
    );
  });

  test.each([
    ["create -q x", 3],
    ["create --pull always -q x", 2],
    ["create --pull never x", 1],
    [`create ${"a".repeat(64)}`, 1],
    [`create ${DIGEST}`, 1],
  ])("%p makes %i requests, and tells only the failure", async (line, requests) => {
    await using daemon = await world(answers);
    const { err } = await daemon.run(line);
    expect(err).toBe("Error response from daemon: No such image: x:latest\n");
    expect(daemon.asked).toHaveLength(requests);
  });

  test("that fails in the middle is run's failure, with its exit code", async () => {
    const lines = [{ errorDetail: { message: "no space left on device" } }];
    await using daemon = await world({ ...answers, "POST /images/create": { lines } });
    const { code, err } = await daemon.run("run -q x");
    expect([code, err.split("\n")[0]]).toEqual([125, "sampan: no space left on device"]);
  });
});

test("an interrupt ends a pull, and the request of it", async () => {
  await using daemon = await world({
    "POST /images/create": { lines: [{ status: "a" }], open: true },
  });
  const done = daemon.run("pull x");
  await waitUntil("the pull has begun", () => daemon.io.out().endsWith("a\n"));
  daemon.io.signal("SIGINT");
  expect((await done).code).toBe(130);
  await waitUntil("the daemon sees it", () => daemon.abandoned() === 1);
});

test("push tells where less than the whole image went, without colours on a pipe", async () => {
  const aux = {
    manifestPushedInsteadOfIndex: true,
    originalIndex: { digest: "sha256:a" },
    selectedManifest: { digest: "sha256:b" },
  };
  const lines = [{ aux }, { aux: { contentMissing: true } }, { error: "gone" }];
  await using daemon = await world({ "POST /images/docker.io/library/x/push": { lines } });
  const { code, out, err } = await daemon.run("push --platform linux/arm64 x:1");
  expect([code, err]).toEqual([1, "gone\n"]);
  expect(out).toContain(" Info -> Using --platform pushes only the specified platform manifest");
  expect(out).toContain("\n         sha256:a -> sha256:b\n");
  expect(out).toContain(" Info -> You're trying to push a manifest list/index which\n         ref");
  expect(daemon.asked).toEqual([
    'POST /images/docker.io/library/x/push?platform={"architecture":"arm64","os":"linux"}&tag=1 auth {}',
  ]);
});

describe("login", () => {
  const LOGIN = { json: { Status: "Login Succeeded", IdentityToken: "" } };

  test("asks for what is not given, and keeps a token in the password's place", async () => {
    const answer = { json: { Status: "Login Succeeded", IdentityToken: "idt" } };
    await using daemon = await world({ "POST /auth": answer }, typing("me\r\npw\n"));
    const { code, out, err } = await daemon.run("login a.io");
    expect([code, out, err]).toEqual([0, "Username: Password: \nLogin Succeeded\n", ""]);
    expect(daemon.asked).toEqual([
      'POST /auth {"username":"me","password":"pw","serveraddress":"a.io"}',
    ]);
    expect(await Bun.file(daemon.configPath).json()).toEqual({
      auths: { "a.io": { auth: btoa("me:"), identitytoken: "idt" } },
    });
  });

  test("tries what it knows first, and asks where that is refused", async () => {
    const refused = { status: 401, message: "unauthorized" };
    await using daemon = await world({ "POST /auth": refused }, typing("\nnew\n"));
    const auths = { "a.io": { auth: btoa("me:old") } };
    await Bun.write(daemon.configPath, JSON.stringify({ auths }));
    const { code, out, err } = await daemon.run("login a.io");
    expect([code, out]).toEqual([1, "Username (me): Password: \n"]);
    expect(err).toContain("Stored credentials invalid or expired\n");
    expect(err).toEndWith("Error response from daemon: unauthorized\n");
    expect(daemon.asked.map((line) => line.slice(0, 45))).toEqual([
      'POST /auth {"username":"me","password":"old",',
      'POST /auth {"username":"me","password":"new",',
    ]);
    expect(await Bun.file(daemon.configPath).json()).toEqual({ auths });
  });

  test.each([
    ["\n", "Error: Non-null Username Required"],
    ["me\n\n", "Error: Password Required"],
  ])("refuses the answers %j", async (typed, problem) => {
    await using daemon = await world({ "POST /auth": LOGIN }, typing(typed));
    const { code, err } = await daemon.run("login a.io");
    expect([code, err, daemon.asked]).toEqual([1, `${problem}\n`, []]);
  });

  test("shows the keyboard's keys again after an interrupt at the password", async () => {
    let shown = true;
    const showAgain = () => {
      shown = true;
    };
    const { terminal, stdin } = typing("");
    if (terminal === undefined || stdin === undefined) throw new Error("no terminal");
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from("me\n")),
    });
    const hideInput = async () => {
      shown = false;
      return { [Symbol.dispose]: showAgain };
    };
    const given = { stdin: { stream: () => endless }, terminal: { ...terminal, hideInput } };
    await using daemon = await world({ "POST /auth": LOGIN }, given);
    const done = daemon.run("login a.io");
    await waitUntil("it asks", () => daemon.io.out().endsWith("Password: "));
    expect(shown).toBe(false);
    daemon.io.signal("SIGINT");
    expect([(await done).code, shown, daemon.io.out().endsWith("Password: \n")]).toEqual([
      130,
      true,
      true,
    ]);
  });

  test("does not touch a config file that it cannot read", async () => {
    await using daemon = await world({ "POST /auth": LOGIN });
    await Bun.write(daemon.configPath, "{broken");
    for (const line of ["login -u a -p b a.io", "logout a.io"]) {
      const { code, err } = await daemon.run(line);
      expect([code, err]).toEqual([1, expect.stringContaining(daemon.configPath)]);
    }
    expect([await Bun.file(daemon.configPath).text(), daemon.asked]).toEqual(["{broken", []]);
  });
});

test("logout forgets every form of the server's name, and tells where it cannot", async () => {
  await using daemon = await world({});
  const auths = { "https://a.io": {}, "a.io": {}, "b.io": { auth: btoa("x:y") } };
  const credHelpers = { "c.io": "gone", "http://c.io": "gone", "https://c.io": "gone" };
  await Bun.write(daemon.configPath, JSON.stringify({ auths, credHelpers }));
  expect((await daemon.run("logout https://a.io")).out).toBe(
    "Removing login credentials for a.io\n",
  );
  const kept = await Bun.file(daemon.configPath).json();
  expect(kept).toEqual({ auths: { "b.io": { auth: btoa("x:y") } }, credHelpers });
  const { code, err } = await daemon.run("logout c.io");
  expect(code).toBe(0);
  expect(err).toStartWith("WARNING: could not erase credentials:\nc.io: error erasing");
});
