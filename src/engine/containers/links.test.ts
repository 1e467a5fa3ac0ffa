import { expect, test } from "bun:test";
import { parseLink } from "./links.ts";

test.each([
  ["db", { ref: "db", alias: "db" }],
  ["db:store", { ref: "db", alias: "store" }],
  ["/db:/web/store", { ref: "db", alias: "store" }],
  ["/db", { ref: "db", alias: "db" }],
])("parseLink() reads %p", (text, link) => {
  expect(parseLink(text)).toEqual(link);
});

test.each(["", ":", "db:", ":store", "a:b:c", "/", "db:/web/"])(
  "parseLink() refuses %p",
  (text) => {
    expect(() => parseLink(text)).toThrow(`bad format for links: ${text}`);
  },
);
