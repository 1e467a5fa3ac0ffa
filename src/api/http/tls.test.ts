import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { echo } from "../../../test/support/raw-http.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { testIf } from "../../../test/support/test-if.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { startHttpServer } from "./server.ts";

const testWithOpenssl = testIf(Bun.which("openssl") !== null, "openssl is not installed");

interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A self-signed pair that is its own authority. */
async function makePair(directory: string, name: string): Promise<Pair> {
  const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.crt`)];
  const { exited } = Bun.spawn(
    [
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      ...["-nodes", "-keyout", key, "-out", cert, "-subj", `/CN=${name}`, "-days", "2"],
      ...["-addext", "subjectAltName=IP:127.0.0.1"],
    ],
    { stdout: "ignore", stderr: "ignore" },
  );
  expect(await exited).toBe(0);
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

/** All that the server says to a client with this certificate, or the error that it meets. */
function ask(port: number, ca: string, client: Partial<Pair>): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket: TLSSocket = connect({ host: "127.0.0.1", port, ca, ...client }, () => {
      socket.write("GET /a HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n");
    });
    socket.on("data", (chunk) => (text += chunk));
    socket.on("error", () => resolve("refused"));
    socket.on("close", () => resolve(text === "" ? "refused" : text));
  });
}

testWithOpenssl("tcp is for clients with a certificate of ours", async () => {
  using directory = new TemporaryDirectory();
  const ours = await makePair(directory.path, "ours");
  const theirs = await makePair(directory.path, "theirs");
  const server = await startHttpServer({
    hosts: ["tcp://127.0.0.1:0"],
    tls: { ca: ours.cert, ...ours },
    handler: echo,
    limits: DEFAULT_LIMITS,
    onError: () => {},
  });
  const [, port] = /^tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(server.hosts[0] ?? "") ?? [];

  expect(await ask(Number(port), ours.cert, ours)).toEndWith("GET /a ");
  expect(await ask(Number(port), ours.cert, theirs)).toBe("refused");
  expect(await ask(Number(port), ours.cert, {})).toBe("refused");
  await server.close(0);
});

test("tcp without TLS is refused", async () => {
  const options = { handler: echo, limits: DEFAULT_LIMITS, onError: () => {} };
  await expect(startHttpServer({ ...options, hosts: ["tcp://127.0.0.1:0"] })).rejects.toMatchObject(
    {
      kind: "invalid",
      message:
        'Cannot listen on "tcp://127.0.0.1:0": tcp needs TLS with client certificates (ca, cert and key)',
    },
  );
});
