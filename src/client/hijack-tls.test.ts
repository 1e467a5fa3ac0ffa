import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { $ } from "bun";
import { parseEndpoint, type TlsIdentity } from "./endpoint.ts";
import { openHijacked } from "./hijack.ts";

/** A TLS server with a certificate for 127.0.0.1 that refuses each request, and counts its bytes. */
async function tlsServer() {
  const directory = await mkdtemp("/tmp/sampan-tls-");
  const [key, cert] = [`${directory}/key`, `${directory}/cert`];
  await $`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${key} -out ${cert} -subj /CN=test -addext subjectAltName=IP:127.0.0.1`.quiet();
  const tls = { key: await Bun.file(key).text(), cert: await Bun.file(cert).text() };
  let received = 0;
  const server = Bun.listen({
    hostname: "0.0.0.0",
    port: 0,
    tls,
    socket: {
      data(socket, chunk) {
        received += chunk.length;
        socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
      },
    },
  });
  return {
    ca: tls.cert,
    received: () => received,
    open: (host: string, identity: TlsIdentity) =>
      openHijacked(parseEndpoint(`tcp://${host}:${server.port}`, identity), "/x", undefined),
    async [Symbol.asyncDispose]() {
      server.stop(true);
      await rm(directory, { recursive: true });
    },
  };
}

test("over TLS a request goes out once the server has shown a certificate to be trusted", async () => {
  await using server = await tlsServer();
  await expect(server.open("127.0.0.1", { ca: server.ca, verify: true })).rejects.toThrow("gone");
});

test("a certificate of another host, or of nobody known, gets no byte of the request", async () => {
  await using server = await tlsServer();
  await expect(server.open("127.0.0.2", { ca: server.ca, verify: true })).rejects.toThrow(
    "altnames",
  );
  await expect(server.open("127.0.0.1", { verify: true })).rejects.toThrow("self");
  expect(server.received()).toBe(0);
});

test("without verification any certificate will do", async () => {
  await using server = await tlsServer();
  await expect(server.open("127.0.0.2", { verify: false })).rejects.toThrow("gone");
});
