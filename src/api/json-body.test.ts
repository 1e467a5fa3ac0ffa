import { describe, expect, test } from "bun:test";
import { startApi } from "../../test/support/api.ts";
import { talk } from "../../test/support/raw-http.ts";
import { parseJson } from "./json-body.ts";

describe("parseJson()", () => {
  test.each([
    ['{"a":1}', { a: 1 }],
    [' {"a":"}{"} \n', { a: "}{" }],
    ['{"a":1,"a":2}', { a: 2 }],
    ['{"a":"\\"}"}', { a: '"}' }],
  ])("reads %s", (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  test.each([
    ['{"a":1}{"b":2}', "unexpected content after JSON"],
    ['{"a":1} x', "unexpected content after JSON"],
    ['{"a":', "invalid JSON"],
    ["{]", "invalid JSON"],
    ['{"a', "invalid JSON"],
    ["nope", "invalid JSON"],
    [`${"[".repeat(20_000)}${"]".repeat(20_000)}`, "exceeded max depth"],
    [`{"a":${"[".repeat(20_000)}`, "exceeded max depth"],
  ])("refuses %.20s", (text, reason) => {
    expect(() => parseJson(text)).toThrow(reason);
  });

  test("reads megabytes of quotes and backslashes in time", () => {
    expect(() => parseJson(`{"a":"${'\\"'.repeat(2_000_000)}`)).toThrow("invalid JSON");
  });
});

describe("a JSON body", () => {
  const request = (fields: string, body: string) =>
    `POST /containers/create HTTP/1.1\r\nHost: d\r\nConnection: close\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
  const JSON_TYPE = "Content-Type: application/json\r\n";

  test.each([
    [
      "Content-Type: text/plain\r\n",
      "{}",
      "unsupported Content-Type header (text/plain): must be 'application/json'",
    ],
    ["", "{}", "malformed Content-Type header (): mime: no media type"],
    [JSON_TYPE, "", "invalid JSON: got EOF while reading request body"],
    [JSON_TYPE, "{}{}", "unexpected content after JSON"],
    [
      JSON_TYPE,
      "[]",
      "invalid JSON: json: cannot unmarshal array into Go value of type ContainerConfig",
    ],
    [JSON_TYPE, "{}", "config cannot be empty in order to create a container"],
    [JSON_TYPE, '{"HostConfig":{}}', "config cannot be empty in order to create a container"],
  ])("with %j and %j is 400", async (fields, body, message) => {
    await using api = await startApi();
    const text = await talk(api.path, request(fields, body));
    expect(text).toStartWith("HTTP/1.1 400 ");
    expect(text).toEndWith(`${JSON.stringify({ message })}\n`);
  });

  test("may have a charset", async () => {
    await using api = await startApi();
    const type = "Content-Type: application/json; charset=utf-8\r\n";
    expect(await talk(api.path, request(type, '{"Image":"busybox"}'))).toStartWith("HTTP/1.1 201 ");
  });

  test("that is too large is refused before all of it is read", async () => {
    await using api = await startApi();
    const text = await talk(api.path, request(JSON_TYPE, `{"Image":"${"x".repeat(9_000_000)}"}`));
    expect(text).toStartWith("HTTP/1.1 400 ");
    expect(text).toContain("the request body is over");
  });
});
