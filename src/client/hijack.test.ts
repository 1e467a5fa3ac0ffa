import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "bun";
import { parseEndpoint } from "./endpoint.ts";
import { type HijackedStream, openHijacked } from "./hijack.ts";

const HEAD = "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";

interface Peer extends AsyncDisposable {
  open(body?: unknown): Promise<HijackedStream>;
  readonly received: () => string;
}

/** A server that answers the first request with the text, and then does what the test says. */
async function peer(
  answer: string,
  on: {
    answered?: (socket: Socket) => void;
    data?: (socket: Socket, text: string) => void;
    end?: (socket: Socket) => void;
  } = {},
): Promise<Peer> {
  const directory = await mkdtemp("/tmp/sampan-hijack-");
  let received = "";
  let answered = false;
  const server = Bun.listen({
    unix: `${directory}/socket`,
    allowHalfOpen: true,
    socket: {
      data(socket, chunk) {
        received += chunk.toString();
        if (answered) on.data?.(socket, chunk.toString());
        else if (received.includes("\r\n\r\n")) {
          answered = true;
          socket.write(answer);
          on.answered?.(socket);
        }
      },
      end: (socket) => on.end?.(socket),
    },
  });
  return {
    open: (body) => openHijacked(parseEndpoint(`unix://${directory}/socket`), "/v1.51/x", body),
    received: () => received,
    async [Symbol.asyncDispose]() {
      server.stop(true);
      await rm(directory, { recursive: true });
    },
  };
}

async function readAll(stream: HijackedStream): Promise<string> {
  let all = "";
  await stream.read((chunk) => {
    all += Buffer.from(chunk).toString();
    return undefined;
  });
  return all;
}

test("openHijacked() asks for the upgrade and sends the body with the request", async () => {
  await using server = await peer(HEAD);
  const stream = await server.open({ Tty: true });
  expect(server.received()).toContain("POST /v1.51/x HTTP/1.1\r\n");
  expect(server.received()).toContain("Upgrade: tcp\r\n");
  expect(server.received()).toEndWith('Content-Length: 12\r\n\r\n{"Tty":true}');
  stream.close();
});

test("bytes that come in the same packet as the answer's head are not lost", async () => {
  await using server = await peer(`${HEAD}early`, { end: (socket) => socket.end() });
  const stream = await server.open();
  stream.closeWrite();
  expect(await readAll(stream)).toBe("early");
});

test("closeWrite() ends our direction only: output after it still comes", async () => {
  await using server = await peer(HEAD, {
    end: (socket) => {
      socket.write("late");
      socket.end();
    },
  });
  const stream = await server.open();
  await stream.write(Buffer.from("input"));
  stream.closeWrite();
  expect(await readAll(stream)).toBe("late");
  expect(server.received()).toEndWith("input");
});

test("a reader that is busy is not given more until it is done", async () => {
  await using server = await peer(HEAD, {
    data: (socket, text) => {
      socket.write(text);
      if (text.endsWith("!")) socket.end();
    },
  });
  const stream = await server.open();
  let busy = 0;
  let all = "";
  const reading = stream.read(async (chunk) => {
    expect(++busy).toBe(1);
    await Promise.resolve();
    all += Buffer.from(chunk).toString();
    busy--;
  });
  for (const part of ["a", "b", "c!"]) await stream.write(Buffer.from(part));
  await reading;
  expect(all).toBe("abc!");
});

test("what the reader throws ends the stream and is what read() throws", async () => {
  await using server = await peer(`${HEAD}some`);
  const stream = await server.open();
  const reading = stream.read(() => {
    throw new Error("no room");
  });
  await expect(reading).rejects.toThrow("no room");
});

test.each([
  ["Content-Length: 21\r\n\r\n", '{"message":"no such"}', "no such"],
  ["Content-Length: 5\r\n\r\n", "plain", "plain"],
  ["Content-Length: 0\r\n\r\n", "", "request returned 404 with no message"],
])("a refusal is told by its body", async (head, body, message) => {
  await using server = await peer(`HTTP/1.1 404 Not Found\r\n${head}${body}`);
  await expect(server.open()).rejects.toMatchObject({ name: "ApiError", status: 404, message });
});

test("a server that hangs up or talks nonsense is told of, not waited for", async () => {
  await using closing = await peer("HTTP/1.1 1", { answered: (socket) => socket.end() });
  await using nonsense = await peer("hello\r\n\r\n");
  await expect(closing.open()).rejects.toThrow("without an answer");
  await expect(nonsense.open()).rejects.toThrow("is not HTTP");
});

test("nobody at the socket is a connection error", async () => {
  const opening = openHijacked(parseEndpoint("unix:///nowhere/s"), "/", undefined);
  await expect(opening).rejects.toMatchObject({ name: "ConnectionError", absent: true });
});
