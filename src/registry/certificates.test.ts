import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { TestAuthority } from "../../test/support/certificates.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { readCertificates } from "./certificates.ts";

const HOST = "host.test:5000";

test("an authority comes beside the system's, and a pair with its key", async () => {
  using world = await makeWorld();
  await copyFile(world.authority.certificate, join(world.host, "ca.crt"));
  const pair = await world.authority.issue("client");
  await copyFile(pair.certificate, join(world.host, "a.cert"));
  await copyFile(pair.key, join(world.host, "a.key"));
  const { ca, cert, key } = await readCertificates(["/nowhere", world.root], HOST);
  expect(ca?.length).toBe(getCACertificates("default").length + 1);
  expect(ca?.at(-1)).toBe(await Bun.file(world.authority.certificate).text());
  expect(cert).toEqual([await Bun.file(pair.certificate).text()]);
  expect(key).toEqual([await Bun.file(pair.key).text()]);
});

test("where nothing is kept for a host there is nothing", async () => {
  using world = await makeWorld();
  expect(await readCertificates([world.root], "other.test")).toEqual({});
  expect(await readCertificates([], HOST)).toEqual({});
});

test("a host whose name is too long for a directory has nothing", async () => {
  using world = await makeWorld();
  expect(await readCertificates([world.root], "x".repeat(300))).toEqual({});
});

test("half a pair, and files that are none, are clear errors", async () => {
  using world = await makeWorld();
  const { host } = world;
  const read = () => readCertificates([world.root], HOST);
  const pair = await world.authority.issue("client");
  const other = await world.authority.issue("other");

  await copyFile(pair.certificate, join(host, "a.cert"));
  await expect(read()).rejects.toThrow(
    `missing key a.key for client certificate ${host}/a.cert. CA certificates must use the extension .crt`,
  );
  await copyFile(other.key, join(host, "a.key"));
  await expect(read()).rejects.toThrow(`Cannot use ${host}/a.key: it is not the key of a.cert`);
  await writeFile(join(host, "a.key"), "nonsense");
  await expect(read()).rejects.toThrow(
    `Cannot use ${host}/a.key: it is no private key in PEM form`,
  );
  await copyFile(pair.key, join(host, "a.key"));
  await copyFile(pair.key, join(host, "b.key"));
  await expect(read()).rejects.toThrow(`missing client certificate b.cert for key ${host}/b.key`);
  await copyFile(pair.certificate, join(host, "b.cert"));
  await writeFile(join(host, "ca.crt"), "nonsense");
  await expect(read()).rejects.toThrow(
    `Cannot use ${host}/ca.crt: it is no certificate in PEM form`,
  );
});

test("a file that cannot be read is an error", async () => {
  using world = await makeWorld();
  mkdirSync(join(world.host, "ca.crt"));
  await expect(readCertificates([world.root], HOST)).rejects.toThrow(
    /^Cannot read the certificates in \S+\/ca\.crt: .*EISDIR/,
  );
});

async function makeWorld() {
  const directory = new TemporaryDirectory();
  const root = join(directory.path, "certs.d");
  const host = join(root, HOST);
  mkdirSync(host, { recursive: true });
  const authority = await TestAuthority.create(directory.path);
  return { root, host, authority, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}
