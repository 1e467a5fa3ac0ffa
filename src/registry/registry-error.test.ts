import { expect, test } from "bun:test";
import { formatEntries, parseErrorBody } from "./registry-error.ts";

test.each([
  ['{"errors":[{"code":"DENIED","message":"no"}]}', "denied: no"],
  ['{"errors":[{"code":"TOOMANYREQUESTS","message":"slow"}]}', "toomanyrequests: slow"],
  ['{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"bad"}]}', "blob upload invalid: bad"],
  ['{"errors":[{"code":"A","message":"b"},{"code":"C","message":"d","detail":{}}]}', "a: b; c: d"],
  ['{"errors":[{"code":"UNKNOWN"}]}', "unknown"],
  ['{"errors":[{"message":"only this"}]}', "only this"],
  ['{"details":"incorrect username or password"}', "incorrect username or password"],
  ['{"message":"from a proxy"}', "from a proxy"],
  ['{"errors":[{"code":"A","message":"\\u001b[31mred\\n\\u0000"}]}', "a:  [31mred "],
  ['{"errors":[5,null,[],{}]}', ""],
  ['{"errors":5}', ""],
  ['{"errors":null}', ""],
  ["[]", ""],
  ["null", ""],
  ["5", ""],
  ["", ""],
  ["<html>", ""],
  ['{"errors":[', ""],
])("the refusal %j says %j", (body, wanted) => {
  expect(formatEntries(parseErrorBody(body))).toBe(wanted);
});

test("a refusal is not told for ever", () => {
  const errors = Array(1000).fill({ code: "A", message: "x".repeat(100_000) });
  expect(formatEntries(parseErrorBody(JSON.stringify({ errors }))).length).toBeLessThan(11_000);
});
