import { expect, test } from "bun:test";
import { type RegistryKind, TestRegistry } from "../../test/support/registry.ts";
import { openRepository, USER } from "../../test/support/registry-user.ts";
import { digestOf, parseDigest } from "../oci/digest.ts";
import { MEDIA_TYPE, parseManifest } from "../oci/manifest.ts";

test("an image comes whole from a registry without TLS, by tag and by digest", async () => {
  await using registry = await startWithImage({});
  const repository = openRepository(registry);
  const byTag = await repository.getManifest("1");
  expect(byTag.digest).toBe(digestOf(byTag.bytes));
  expect(byTag.mediaType).toBe(MEDIA_TYPE.manifest);
  expect(await repository.getManifest(byTag.digest)).toEqual(byTag);
  expect(await repository.findManifest("1")).toEqual({
    digest: byTag.digest,
    mediaType: byTag.mediaType,
    sizeBytes: byTag.bytes.length,
  });
  const manifest = parseManifest(new TextDecoder().decode(byTag.bytes), "the manifest");
  if (manifest.kind !== "manifest") throw new Error("Want a manifest");
  const [layer] = manifest.layers;
  if (layer === undefined) throw new Error("Want a layer");
  const whole = Buffer.concat(await Array.fromAsync(repository.readBlob(layer, 0)));
  expect(digestOf(whole)).toBe(layer.digest);
  expect(Buffer.concat(await Array.fromAsync(repository.readBlob(layer, 100)))).toEqual(
    whole.subarray(100),
  );
  expect(digestOf(await repository.readSmallBlob(manifest.config, 10_000))).toBe(
    manifest.config.digest,
  );
  expect(await repository.hasBlob(layer.digest)).toBe(layer.sizeBytes);
  expect(await repository.hasBlob(digestOf("nothing"))).toBeUndefined();
});

test("all tags are listed", async () => {
  await using registry = await startWithImage({});
  await registry.fill("app:2", `docker://${registry.host}/app:1`, "--src-tls-verify=false");
  expect((await openRepository(registry).listTags()).toSorted()).toEqual(["1", "2"]);
});

test("what a registry does not have is told in Docker's words", async () => {
  await using registry = await startWithImage({});
  const repository = openRepository(registry);
  const name = `${registry.host}/app`;
  await expect(repository.getManifest("none")).rejects.toMatchObject({
    kind: "not-found",
    message: `manifest for ${name}:none not found: manifest unknown: manifest unknown`,
  });
  const digest = parseDigest(`sha256:${"0".repeat(64)}`);
  await expect(repository.getManifest(digest)).rejects.toThrow(
    `manifest for ${name}@${digest} not found: manifest unknown: manifest unknown`,
  );
  expect(await repository.findManifest("none")).toBeUndefined();
  await expect(Array.fromAsync(repository.readBlob({ digest, sizeBytes: 3 }, 0))).rejects.toThrow(
    "blob unknown",
  );
});

test("a registry with TLS is trusted by the authority in certs.d, and its clients have their own pair", async () => {
  await using registry = await startWithImage({ tls: "client" });
  const certificateRoots = [await registry.certificateRoot()];
  const repository = openRepository(registry, { options: { certificateRoots } });
  expect((await repository.getManifest("1")).mediaType).toBe(MEDIA_TYPE.manifest);
  // Without its pair the client is sent away, and plain HTTP is then tried in vain.
  await expect(openRepository(registry).getManifest("1")).rejects.toThrow(
    /^Get "http:|HTTP status: 400/,
  );
});

test("a password opens a registry that wants one with each request", async () => {
  await using registry = await startWithImage({ auth: "basic" });
  expect(
    (await openRepository(registry, { credentials: USER }).getManifest("1")).bytes.length,
  ).toBeGreaterThan(0);
  await expect(openRepository(registry).getManifest("1")).rejects.toMatchObject({
    kind: "unauthorized",
    message: `Get "${registry.url}/v2/app/manifests/1": no basic auth credentials`,
  });
  const wrong = { ...USER, password: "wrong" };
  await expect(
    openRepository(registry, { credentials: wrong }).getManifest("1"),
  ).rejects.toMatchObject({
    kind: "unauthorized",
    message: "unauthorized: authentication required",
  });
});

test("tokens are fetched once, for a user and for nobody", async () => {
  await using registry = await startWithImage({ auth: "token", publicRepositories: ["open"] });
  await registry.fill(
    "open:1",
    `docker://${registry.host}/app:1`,
    "--src-tls-verify=false",
    "--src-creds=user:secret",
  );
  const before = registry.tokenServer?.demands.length ?? 0;
  const repository = openRepository(registry, { credentials: USER });
  const { bytes } = await repository.getManifest("1");
  const manifest = parseManifest(new TextDecoder().decode(bytes), "the manifest");
  if (manifest.kind !== "manifest") throw new Error("Want a manifest");
  await Promise.all(manifest.layers.map((layer) => Array.fromAsync(repository.readBlob(layer, 0))));
  expect(registry.tokenServer?.demands.slice(before)).toEqual([
    { method: "GET", username: "user", grantType: "", scopes: ["repository:app:pull"] },
  ]);
  await openRepository(registry, { path: "open" }).getManifest("1");
  await expect(openRepository(registry).getManifest("1")).rejects.toMatchObject({
    kind: "not-found",
    message: `pull access denied for ${registry.host}/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
  });
});

async function startWithImage(kind: RegistryKind): Promise<TestRegistry> {
  await using undo = new AsyncDisposableStack();
  const registry = undo.use(await TestRegistry.start(kind));
  await registry.putImage("app:1");
  undo.move();
  return registry;
}
