import { expect, test } from "bun:test";
import { chmod, mkdir, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { recordedIo } from "../../../test/support/recorded-io.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { loadConfig } from "./config-file.ts";
import { type Credentials, chooseStore, NO_CREDENTIALS, toHostname } from "./credentials.ts";
import { findRegistryAuth } from "./registry-auth.ts";

const WHO: Credentials = { ...NO_CREDENTIALS, username: "me", password: "a:b" };

/** A config file with this text, and the command line's surroundings that point to it. */
async function world(text?: string) {
  const directory = new TemporaryDirectory();
  const path = join(directory.path, "config.json");
  if (text !== undefined) await Bun.write(path, text);
  const asked: string[][] = [];
  const io = recordedIo({
    env: { DOCKER_CONFIG: directory.path, PATH: "/nowhere" },
    runProgram: async (command, input) => {
      asked.push([...command, input]);
      if (command[0] === "docker-credential-good") return answerOf(command[1] ?? "", input);
      if (command[0] === "docker-credential-bad") return { exitCode: 1, stdout: "it is locked\n" };
      return undefined;
    },
  });
  return {
    path,
    io,
    asked,
    open: async (server: string) => chooseStore(await loadConfig(io), server, io),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

function answerOf(action: string, server: string) {
  if (action !== "get") return { exitCode: 0, stdout: "" };
  if (server === "none.io") {
    return { exitCode: 1, stdout: "credentials not found in native keychain\n" };
  }
  const isToken = server === "token.io";
  const [Username, Secret] = isToken ? ["<token>", "tok"] : ["me", "pw"];
  return { exitCode: 0, stdout: JSON.stringify({ ServerURL: server, Username, Secret }) };
}

const AUTHS = JSON.stringify({
  auths: {
    "host.io:5000": { auth: btoa("me:a:b") },
    "https://old.io/v1/": { username: "you", password: "pw" },
    "https://index.docker.io/v1/": { auth: btoa("hub:"), identitytoken: "idt" },
    "reg.io": { registrytoken: "rt" },
  },
});

test.each<[string, object]>([
  ["host.io:5000", { username: "me", password: "a:b", serveraddress: "host.io:5000" }],
  ["old.io", { username: "you", password: "pw", serveraddress: "old.io" }],
  [
    "docker.io",
    { username: "hub", serveraddress: "https://index.docker.io/v1/", identitytoken: "idt" },
  ],
  ["reg.io", { serveraddress: "reg.io", registrytoken: "rt" }],
  ["host.io", {}],
])("the credentials for %p are found in the file", async (registry, auth) => {
  using given = await world(AUTHS);
  expect(await findRegistryAuth(registry, given.io)).toEqual(auth);
});

test("a file that is not there holds nothing", async () => {
  using given = await world();
  expect([await findRegistryAuth("host.io", given.io), given.io.err()]).toEqual([{}, ""]);
});

test.each([
  '{"auths":',
  "[]",
  '{"auths":{"a":{"auth":"!!"}}}',
  `{"auths":{"a":{"auth":"${btoa("x")}"}}}`,
])("a file with %p is warned of by who reads it, and refused to who writes it", async (text) => {
  using given = await world(text);
  expect(await findRegistryAuth("host.io", given.io)).toEqual({});
  expect(given.io.err()).toStartWith(`WARNING: Error parsing config file (${given.path}): `);
  await expect(given.open("a")).rejects.toThrow(`Error parsing config file (${given.path}): `);
  expect(await readFile(given.path, "utf8")).toBe(text);
});

test("saving keeps all else as it is, exactly and in its order, for the owner alone", async () => {
  const before =
    '{"z":[1],"auths":{"b.io":{"auth":"Yjpj","email":"e"}},"a":{"n":12345678901234567890}}';
  using given = await world(before);
  const store = await given.open("a.io");
  expect(await store.save("a.io", WHO)).toBe("in-plain-text");
  const text = await readFile(given.path, "utf8");
  expect(text.replace(/[\n\t ]/g, "")).toBe(
    before.replace('"e"}}', `"e"},"a.io":{"auth":"${btoa("me:a:b")}"}}`),
  );
  expect((await stat(given.path)).mode & 0o777).toBe(0o600);
  expect(await (await given.open("a.io")).save("a.io", WHO)).toBe("safe");
});

test("an identity token is kept in the place of the password", async () => {
  using given = await world();
  const token = { ...WHO, password: "", identityToken: "idt" };
  expect(await (await given.open("a.io")).save("a.io", token)).toBe("safe");
  expect(await Bun.file(given.path).json()).toEqual({
    auths: { "a.io": { auth: btoa("me:"), identitytoken: "idt" } },
  });
});

test("a link to the file stays one, and a missing directory is made", async () => {
  using given = await world();
  const real = join(given.path, "../deep/real.json");
  await mkdir(join(real, ".."));
  await Bun.write(real, "{}");
  await symlink(real, given.path);
  await (await given.open("a.io")).save("a.io", WHO);
  expect(await Bun.file(real).json()).toEqual({ auths: { "a.io": { auth: btoa("me:a:b") } } });

  const env = { DOCKER_CONFIG: join(given.path, "../not/yet") };
  const io = recordedIo({ env });
  await (await chooseStore(await loadConfig(io), "a.io", io)).save("a.io", WHO);
  expect(await Bun.file(`${env.DOCKER_CONFIG}/config.json`).json()).toHaveProperty("auths");
});

test("removing takes out that server's entry only", async () => {
  using given = await world(AUTHS);
  await (await given.open("reg.io")).remove("reg.io");
  expect(Object.keys((await Bun.file(given.path).json()).auths)).toHaveLength(3);
  await (await given.open("reg.io")).remove("reg.io");
});

test("a helper is asked in the place of the file, by its own protocol", async () => {
  using given = await world('{"credsStore":"good","credHelpers":{"own.io":"bad"}}');
  expect(await findRegistryAuth("a.io", given.io)).toMatchObject({
    username: "me",
    password: "pw",
  });
  expect(await findRegistryAuth("token.io", given.io)).toEqual({
    serveraddress: "token.io",
    identitytoken: "tok",
  });
  expect(await findRegistryAuth("none.io", given.io)).toEqual({});
  await (await given.open("a.io")).save("a.io", WHO);
  await (await given.open("a.io")).save("a.io", { ...WHO, identityToken: "idt" });
  await (await given.open("a.io")).remove("a.io");
  expect(given.asked).toEqual([
    ["docker-credential-good", "get", "a.io"],
    ["docker-credential-good", "get", "token.io"],
    ["docker-credential-good", "get", "none.io"],
    ["docker-credential-good", "store", '{"ServerURL":"a.io","Username":"me","Secret":"a:b"}\n'],
    [
      "docker-credential-good",
      "store",
      '{"ServerURL":"a.io","Username":"<token>","Secret":"idt"}\n',
    ],
    ["docker-credential-good", "erase", "a.io"],
  ]);
  expect(await readFile(given.path, "utf8")).not.toContain(btoa("me:a:b"));
});

test.each([
  ["{}", ["get a.io"]],
  ['{"auths":{"b.io":{"auth":"Yjpj"}}}', []],
])(
  "the system's keyring is used by a config of %s, if nothing is kept yet",
  async (text, asked) => {
    using given = await world(text);
    const bin = join(given.path, "../bin");
    const keyring = join(bin, "docker-credential-secretservice");
    await Bun.write(keyring, "");
    await chmod(keyring, 0o755);
    const calls: string[] = [];
    const io = recordedIo({
      env: { ...given.io.env, PATH: bin },
      runProgram: async ([, action], input) => {
        calls.push(`${action} ${input}`);
        return { exitCode: 1, stdout: "credentials not found in native keychain" };
      },
    });
    expect(await findRegistryAuth("a.io", io)).toEqual({});
    expect(calls).toEqual([...asked]);
  },
);

test.each([
  ["bad", "error getting credentials - err: exit status 1, out: `it is locked`"],
  [
    "gone",
    'error getting credentials - err: exec: "docker-credential-gone": executable file not found in $PATH, out: ``',
  ],
])("a helper that is %s is warned of, and a public image can still be had", async (name, told) => {
  using given = await world(`{"credsStore":"${name}"}`);
  expect(await findRegistryAuth("a.io", given.io)).toEqual({});
  expect(given.io.err()).toBe(`WARNING: ${told}\n`);
});

test.each([
  ["host.io:5000", "host.io:5000"],
  ["https://host.io/v1/", "host.io"],
  ["http://me@host.io:80/v1", "host.io:80"],
  ["host.io/path", "host.io"],
])("the host of %p is %p", (server, host) => {
  expect(toHostname(server)).toBe(host);
});
