import { expect, test } from "bun:test";
import { TestRegistry } from "../../test/support/registry.ts";
import { makeClient, openRepository, USER } from "../../test/support/registry-user.ts";
import { parseServerAddress } from "./login.ts";

const { signal } = new AbortController();
const WRONG = { ...USER, password: "wrong" };

test.each([
  ["", "docker.io"],
  ["https://index.docker.io/v1/", "docker.io"],
  ["docker.io", "docker.io"],
  ["registry-1.docker.io", "docker.io"],
  ["http://host:5000/v2/", "host:5000"],
  ["[::1]:5000", "[::1]:5000"],
])("the server address %j is the registry %s", (address, host) => {
  expect(parseServerAddress(address)).toBe(host);
});

test.each(["https://", "ho st", "a@b", "host:port"])("%j is no server address", (address) => {
  expect(() => parseServerAddress(address)).toThrow(/^Invalid registry address/);
});

test("a login works where the registry wants nothing, and with the right password", async () => {
  const success = { status: "Login Succeeded", identityToken: "" };
  await using open = await TestRegistry.start();
  expect(await makeClient().login(open.host, USER, signal)).toEqual(success);
  await using closed = await TestRegistry.start({ auth: "basic" });
  expect(await makeClient().login(closed.url, USER, signal)).toEqual(success);
  await expect(makeClient().login(closed.host, WRONG, signal)).rejects.toMatchObject({
    kind: "unauthorized",
    message: `login attempt to ${closed.url}/v2/ failed with status: 401 Unauthorized`,
  });
});

test.each([false, true])(
  "a login at a token server brings an identity token, which then opens the registry, with POST only: %p",
  async (postOnly) => {
    await using registry = await TestRegistry.start({ auth: "token" });
    await registry.putImage("app:1");
    if (registry.tokenServer !== undefined) registry.tokenServer.postOnly = postOnly;
    const { identityToken } = await makeClient().login(registry.host, USER, signal);
    expect(identityToken).not.toBe("");
    const credentials = { kind: "identity-token", username: "user", token: identityToken } as const;
    const repository = openRepository(registry, { credentials });
    expect((await repository.getManifest("1")).bytes.length).toBeGreaterThan(0);
    expect(registry.tokenServer?.demands.at(-1)).toMatchObject({
      method: "POST",
      grantType: "refresh_token",
      username: "user",
    });
    expect(await makeClient().login(registry.host, credentials, signal)).toEqual({
      status: "Login Succeeded",
      identityToken: expect.stringMatching(/./),
    });

    registry.tokenServer?.revokeIdentities();
    await expect(openRepository(registry, { credentials }).getManifest("1")).rejects.toMatchObject({
      kind: "unauthorized",
    });
  },
);

test("a wrong password at a token server is told in Docker's words", async () => {
  await using registry = await TestRegistry.start({ auth: "token" });
  await expect(makeClient().login(registry.host, WRONG, signal)).rejects.toMatchObject({
    kind: "unauthorized",
    message: `Get "${registry.tokenServer?.url}": unauthorized: incorrect username or password`,
  });
});
