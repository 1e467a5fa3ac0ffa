import { expect, test } from "bun:test";
import { randomFrom } from "../../test/support/random.ts";
import { parseChallenges } from "./challenge.ts";

test.each<[string, readonly (readonly [string, Readonly<Record<string, string>>])[]]>([
  ["", []],
  ["Basic", [["basic", {}]]],
  ['Basic realm="a b"', [["basic", { realm: "a b" }]]],
  ['BASIC REALM = "x"', [["basic", { realm: "x" }]]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a:pull,push"',
    [
      [
        "bearer",
        {
          realm: "https://auth.docker.io/token",
          service: "registry.docker.io",
          scope: "repository:a:pull,push",
        },
      ],
    ],
  ],
  [
    'Basic realm="a", Bearer realm="b", error="insufficient_scope"',
    [
      ["basic", { realm: "a" }],
      ["bearer", { realm: "b", error: "insufficient_scope" }],
    ],
  ],
  [
    'Negotiate, Basic realm="a"',
    [
      ["negotiate", {}],
      ["basic", { realm: "a" }],
    ],
  ],
  [
    'Negotiate YWJj==, Basic realm="a"',
    [
      ["negotiate", {}],
      ["basic", { realm: "a" }],
    ],
  ],
  ['Bearer realm="a \\"b\\" \\\\c"', [["bearer", { realm: 'a "b" \\c' }]]],
  [
    "Bearer realm=https://host/token,service=x",
    [["bearer", { realm: "https://host/token", service: "x" }]],
  ],
  ['Bearer realm="first",realm="second"', [["bearer", { realm: "first" }]]],
  ['Bearer realm="a",,  service="b"', [["bearer", { realm: "a", service: "b" }]]],
  ['Bearer realm="never ends', [["bearer", {}]]],
  [
    'Bearer realm="x", Basic',
    [
      ["bearer", { realm: "x" }],
      ["basic", {}],
    ],
  ],
  [" , ,", []],
  ["=,=", []],
])("the header %j holds these challenges", (header, wanted) => {
  const found = parseChallenges(header);
  expect(found.map(({ scheme }) => scheme)).toEqual(wanted.map(([scheme]) => scheme));
  expect(found.map(({ parameters }) => Object.fromEntries(parameters))).toEqual(
    wanted.map(([, parameters]) => parameters),
  );
});

test("a header that is far too long holds none", () => {
  expect(parseChallenges(`Basic realm="${"x".repeat(20_000)}"`)).toEqual([]);
});

test("no header makes the parser throw, hang, or find more than there is", () => {
  const random = randomFrom(7);
  const parts = ["Bearer", "realm", "=", '"', "\\", ",", " ", "\t", "a", "==", "é", "\u0000"];
  for (let round = 0; round < 5000; round += 1) {
    const length = random.below(30);
    const header = Array.from({ length }, () => random.pick(parts)).join("");
    expect(parseChallenges(header).length).toBeLessThanOrEqual(header.length);
  }
});
