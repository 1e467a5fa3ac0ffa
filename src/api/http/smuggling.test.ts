import { describe, expect, test } from "bun:test";
import { echo, RawClient, serve, talk } from "../../../test/support/raw-http.ts";

const HOST = "Host: d\r\n";

describe("what could be smuggled is refused", () => {
  const chunked = "Transfer-Encoding: chunked\r\n";
  test.each([
    ["two lengths", `Content-Length: 1\r\nContent-Length: 1\r\n`, 400],
    ["a list of lengths", "Content-Length: 1, 1\r\n", 400],
    ["a negative length", "Content-Length: -1\r\n", 400],
    ["a signed length", "Content-Length: +1\r\n", 400],
    ["a hexadecimal length", "Content-Length: 0x1\r\n", 400],
    ["an empty length", "Content-Length: \r\n", 400],
    ["a huge length", "Content-Length: 99999999999999999999\r\n", 400],
    ["a length beside chunks", `Content-Length: 1\r\n${chunked}`, 400],
    ["chunks twice", chunked + chunked, 501],
    ["an unknown coding", "Transfer-Encoding: gzip, chunked\r\n", 501],
    ["a folded line", "X-A: 1\r\n 2\r\n", 400],
    ["a blank before the colon", "X-A : 1\r\n", 400],
    ["a blank in a name", "X A: 1\r\n", 400],
    ["a NUL in a value", "X-A: a\0b\r\n", 400],
    ["a bare carriage return", "X-A: a\rb\r\n", 400],
    ["a bare line feed", "X-A: a\nX-B: b\r\n", 400],
    ["a second Host", "Host: e\r\n", 400],
    ["no colon", "X-A\r\n", 400],
    ["too many fields", "X-A: 1\r\n".repeat(200), 431],
    ["a long field", `X-A: ${"a".repeat(70_000)}\r\n`, 431],
    ["an unknown expectation", "Expect: miracles\r\n", 417],
  ])("%s", async (_, fields, status) => {
    await using server = await serve(echo);
    const text = await talk(server.path, `POST / HTTP/1.1\r\n${HOST}${fields}\r\nx`);
    expect(text).toStartWith(`HTTP/1.1 ${status} `);
    expect(text).toContain("Connection: close");
    expect(text.match(/HTTP\/1/g)).toHaveLength(1);
  });

  test.each([
    ["GET / HTTP/1.1\n\n", 400],
    ["GET / HTTP/1.1\r\n\r\n", 400],
    ["GET /\r\n\r\n", 400],
    ["GET  / HTTP/1.1\r\n\r\n", 400],
    ["GET /a b HTTP/1.1\r\n\r\n", 400],
    ["GET /\x00 HTTP/1.1\r\n\r\n", 400],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["\x16\x03\x01\x02\x00\x01\x00\n", 400],
    ["POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
  ])("%j is %d", async (request, status) => {
    await using server = await serve(echo);
    expect(await talk(server.path, request)).toStartWith(`HTTP/1.1 ${status} `);
  });

  test.each([
    ["without digits", "z\r\n"],
    ["with a negative size", "-1\r\n"],
    ["without a size", "\r\n"],
    ["with two sizes", "1 1\r\na\r\n"],
    ["longer than its size", "1\r\nab\r\n"],
    ["with bare line feeds", "1\nab"],
    ["with an endless extension", `1;${"x".repeat(5000)}\r\n`],
    ["of a huge size", "ffffffffffffffff\r\n"],
    ["with endless trailers", `0\r\n${"X: y\r\n".repeat(3000)}\r\n`],
    ["with a malformed trailer", "0\r\nbad trailer\r\n\r\n"],
  ])("a chunk %s fails the reader of the body", async (_, body) => {
    await using server = await serve(echo);
    const head = `POST / HTTP/1.1\r\n${HOST}${chunked}\r\n`;
    const text = await talk(server.path, head + body);
    expect(text).toStartWith("HTTP/1.1 400 ");
  });

  test.each([
    ["Content-Length: 10", "abc"],
    ["Transfer-Encoding: chunked", "5\r\nabc"],
    ["Transfer-Encoding: chunked", "3\r\nabc\r\n"],
  ])("a body with %s cut off after %j fails its reader", async (field, body) => {
    await using server = await serve(echo);
    using client = await RawClient.connect(server.path);
    client.socket.end(`POST / HTTP/1.1\r\n${HOST}${field}\r\n\r\n${body}`);
    expect(await client.end()).toContain("unexpected EOF");
  });
});
