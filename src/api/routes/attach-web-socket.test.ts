import { expect, test } from "bun:test";
import { startApiWithContainer } from "../../../test/support/api.ts";
import { RawClient } from "../../../test/support/raw-http.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import { WebSocketDecoder } from "../http/web-socket-frames.ts";

type Messages = (string | Buffer)[];

/** A client that is not of this project's making. */
async function connect(path: string, target: string) {
  const socket = new WebSocket(`ws+unix://${path}:${target}`);
  socket.binaryType = "nodebuffer" as typeof socket.binaryType;
  const messages: Messages = [];
  socket.addEventListener("message", ({ data }) => void messages.push(data));
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve(code));
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  return { socket, messages, closed };
}

const textOf = (messages: Messages) => messages.map(String).join("");

const ALL = "stream=1&stdin=1&stdout=1&stderr=1";

test("what is typed reaches the program, and its output comes back without frames", async () => {
  await using api = await startApiWithContainer(["cat"]);
  await api.ask("POST", "/containers/web/start");
  const client = await connect(api.path, `/containers/web/attach/ws?${ALL}`);
  client.socket.send("hello ");
  client.socket.send(Buffer.from("wörld\n"));
  await waitUntil("it came back", () => textOf(client.messages) === "hello wörld\n");

  expect(client.messages.every((message) => Buffer.isBuffer(message))).toBe(true);
  client.socket.close(1000);
  expect(await client.closed).toBe(1000);
});

test("the end of the program is the end of the socket", async () => {
  await using api = await startApiWithContainer(["both"]);
  const client = await connect(api.path, `/containers/web/attach/ws?${ALL}`);
  await api.ask("POST", "/containers/web/start");

  expect(await client.closed).toBe(1000);
  expect(textOf(client.messages)).toBe("out\nerr\n");
});

test("large messages come whole, both ways", async () => {
  await using api = await startApiWithContainer(["cat"], { Tty: true });
  await api.ask("POST", "/containers/web/start");
  const client = await connect(api.path, `/containers/web/attach/ws?${ALL}`);
  const text = "0123456789".repeat(30_000);
  client.socket.send(text);
  await waitUntil("it came back", () => textOf(client.messages).length === text.length);

  expect(textOf(client.messages)).toBe(text);
  client.socket.close();
});

test.each([
  ["/v1.27", ALL, { stdin: true, stdout: true, stderr: true }],
  ["/v1.41", "stream=1", { stdin: true, stdout: true, stderr: true }],
  ["", "stream=1&stdout=1", { stdin: false, stdout: true, stderr: false }],
])("clients of %s with %s attach to %p", async (version, query, expected) => {
  await using api = await startApiWithContainer(["echo", "hi"]);
  const client = await connect(api.path, `${version}/containers/web/attach/ws?${query}`);
  await api.ask("POST", "/containers/web/start");
  await client.closed;

  expect(api.engine.calls[0]?.[2]).toMatchObject(expected);
  expect(typeof client.messages[0]).toBe(version === "/v1.27" ? "string" : "object");
});

test("what is no WebSocket is refused, and attaches to nothing", async () => {
  await using api = await startApiWithContainer(["cat"]);
  const { status, json } = await api.ask("GET", `/containers/web/attach/ws?${ALL}`);

  expect([status, json]).toEqual([400, { message: "not websocket protocol" }]);
  expect(api.engine.calls).toEqual([]);
});

test.each([
  ["not masked", [0x82, 0x01, 0x61]],
  ["of an unknown extension", [0xc2, 0x81, 0, 0, 0, 0, 0x61]],
  ["a control frame that is too long", [0x89, 0xfe, 0, 126, 0, 0, 0, 0]],
])("a frame that is %s ends the connection", async (_, bytes) => {
  await using api = await startApiWithContainer(["cat"]);
  await api.ask("POST", "/containers/web/start");
  using client = await RawClient.connect(api.path);
  client.send(
    `GET /containers/web/attach/ws?${ALL} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  // The key and what is answered are the RFC's own.
  await client.until("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
  client.socket.write(Buffer.from(bytes));
  await client.end();
});

test("WebSocketDecoder reads frames that come byte by byte", () => {
  const decoder = new WebSocketDecoder();
  const bytes = [0x89, 0x82, 1, 2, 3, 4, 0x61 ^ 1, 0x62 ^ 2, 0x82, 0x80, 9, 9, 9, 9];
  const pieces = bytes.flatMap((byte) => decoder.push(Uint8Array.of(byte)));

  expect(pieces.map(({ opcode, payload }) => [opcode, payload.toString()])).toEqual([
    [9, "ab"],
    [2, ""],
  ]);
});
