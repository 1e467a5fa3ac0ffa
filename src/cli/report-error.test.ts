import { expect, test } from "bun:test";
import { ApiError } from "../client/errors.ts";
import { describeError } from "./report-error.ts";

test.each<[unknown, string]>([
  [new ApiError(404, "No such image: x"), "Error response from daemon: No such image: x"],
  [new Error("plain"), "plain"],
  ["a text", "a text"],
  [
    Object.assign(new Error("The socket connection was closed"), { code: "ECONNRESET" }),
    "unexpected EOF: the daemon closed the connection, it may have ended",
  ],
])("%p is told as %p", (error, text) => {
  expect(describeError(error)).toBe(text);
});
