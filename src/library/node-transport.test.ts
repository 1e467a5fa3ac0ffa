import { expect, test } from "bun:test";
import { TestAuthority } from "../../test/support/certificates.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { waitUntil } from "../../test/support/wait-until.ts";
import { parseEndpoint, type TlsIdentity } from "../client/endpoint.ts";
import { NodeTransport } from "./node-transport.ts";

/** A TLS server with a certificate for 127.0.0.1 that refuses all but pings, and counts its bytes. */
async function tlsServer() {
  const directory = new TemporaryDirectory();
  const authority = await TestAuthority.create(directory.path);
  const files = await authority.issue("server", "IP:127.0.0.1");
  let received = 0;
  const server = Bun.listen({
    hostname: "0.0.0.0",
    port: 0,
    tls: {
      key: await Bun.file(files.key).text(),
      cert: await Bun.file(files.certificate).text(),
    },
    socket: {
      data(socket, chunk) {
        received += chunk.length;
        socket.write(
          chunk.toString().startsWith("HEAD")
            ? "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\n"
            : "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
        );
      },
    },
  });
  return {
    ca: await Bun.file(authority.certificate).text(),
    received: () => received,
    transport: (host: string, identity: TlsIdentity) =>
      new NodeTransport(parseEndpoint(`tcp://${host}:${server.port}`, identity)),
    [Symbol.dispose]() {
      server.stop(true);
      directory[Symbol.dispose]();
    },
  };
}

test("over TLS requests and streams go to whom the authority vouches for", async () => {
  using server = await tlsServer();
  const transport = server.transport("127.0.0.1", { ca: server.ca, verify: true });
  expect(await transport.version()).toBe("1.41");
  await expect(transport.send({ path: "/x" })).rejects.toThrow("gone");
  await expect(transport.hijack({ method: "POST", path: "/x" })).rejects.toThrow("gone");
  transport.close();
});

test("a certificate of another host, or of nobody known, gets no byte of a request", async () => {
  using server = await tlsServer();
  const other = server.transport("127.0.0.2", { ca: server.ca, verify: true });
  await expect(other.version()).rejects.toThrow("altnames");
  await expect(server.transport("127.0.0.1", { verify: true }).version()).rejects.toThrow(
    /self.signed|unable to/i,
  );
  expect(server.received()).toBe(0);
});

test("without verification any certificate will do", async () => {
  using server = await tlsServer();
  const transport = server.transport("127.0.0.2", { verify: false });
  await expect(transport.hijack({ method: "POST", path: "/x" })).rejects.toThrow("gone");
  transport.close();
});

test("a daemon that was not there is asked for its version again", async () => {
  using directory = new TemporaryDirectory();
  const path = `${directory.path}/s`;
  const transport = new NodeTransport(parseEndpoint(`unix://${path}`));
  await expect(transport.version()).rejects.toThrow("Cannot connect");
  using server = Bun.serve({
    unix: path,
    fetch: () => new Response(null, { headers: { "Api-Version": "1.30" } }),
  });
  expect(await transport.version()).toBe("1.30");
  expect(server.pendingRequests).toBe(0);
  transport.close();
});

test("an upload that the daemon does not want is let go of", async () => {
  using directory = new TemporaryDirectory();
  const path = `${directory.path}/s`;
  const refusal = "HTTP/1.1 400 No\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope";
  using server = Bun.listen({
    unix: path,
    socket: {
      data(socket, chunk) {
        const text = chunk.toString("latin1");
        if (text.startsWith("HEAD")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        if (text.startsWith("PUT")) socket.write(refusal);
      },
    },
  });
  let isLeft = false;
  const upload = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)),
    cancel() {
      isLeft = true;
    },
  });
  const transport = new NodeTransport(parseEndpoint(`unix://${path}`));
  const sending = transport.send({ method: "PUT", path: "/x", upload });
  await expect(sending).rejects.toMatchObject({ status: 400, message: "nope" });
  await waitUntil("the upload is let go of", () => isLeft);
  transport.close();
  server.stop(true);
});
