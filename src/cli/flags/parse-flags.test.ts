import { describe, expect, test } from "bun:test";
import { alias, bool, list, text, triState } from "./flag.ts";
import { int } from "./numbers.ts";
import { parseFlags } from "./parse-flags.ts";
import { filter } from "./shared-flags.ts";

const network = list("");
const FLAGS = {
  all: bool("", { short: "a" }),
  env: list("", { short: "e" }),
  filter: filter({ short: "f" }),
  init: triState(""),
  interactive: bool("", { short: "i" }),
  last: int("", { short: "n", initial: -1 }),
  name: text(""),
  net: alias("network", network),
  network,
  proxy: bool("", { initial: true }),
  tty: bool("", { short: "t" }),
} as const;

describe("parseFlags() takes", () => {
  test.each<[string, object]>([
    ["--all", { all: true }],
    ["--all=false", { all: false }],
    ["-a=0", { all: false }],
    ["-it", { interactive: true, tty: true }],
    ["--name x", { name: "x" }],
    ["--name=x=y", { name: "x=y" }],
    ["--name=", { name: "" }],
    ["--name --all", { name: "--all", all: false }],
    ["-e A=1 -eB=2 -e=C", { env: ["A=1", "B=2", "C"] }],
    ["-e =", { env: ["="] }],
    ["-ae=x", { all: true, env: ["x"] }],
    ["-n5", { last: 5 }],
    ["-n -1", { last: -1 }],
    ["--last 0x10", { last: 16 }],
    ["--init", { init: true }],
    ["--init=false", { init: false }],
    ["", { init: undefined, proxy: true, last: -1 }],
    ["--net a --network b", { network: ["a", "b"] }],
    ["-f a=1 -f A=2 -f b=x=y", { filter: { a: ["1", "2"], b: ["x=y"] } }],
  ])("%s", (line, expected) => {
    expect(parseFlags(FLAGS, split(line)).values).toMatchObject(expected);
  });
});

describe("parseFlags() finds the operands", () => {
  test.each<[string, boolean, string[]]>([
    ["a -i b", false, ["a", "b"]],
    ["a -i b", true, ["a", "-i", "b"]],
    ["-i a -- -x", true, ["a", "--", "-x"]],
    ["-- -i b", false, ["-i", "b"]],
    ["- a", false, ["-", "a"]],
    ["a --name=q ls", true, ["a", "--name=q", "ls"]],
  ])("of %s (stop at the first: %p)", (line, stopAtOperand, operands) => {
    expect(parseFlags(FLAGS, split(line), { stopAtOperand }).operands).toEqual(operands);
  });
});

describe("parseFlags() refuses", () => {
  test.each([
    ["--bogus", "unknown flag: --bogus"],
    ["--bogus=1", "unknown flag: --bogus"],
    ["--toString", "unknown flag: --toString"],
    ["-X", "unknown shorthand flag: 'X' in -X"],
    ["-iXt", "unknown shorthand flag: 'X' in -iXt"],
    ["--name", "flag needs an argument: --name"],
    ["-ie", "flag needs an argument: 'e' in -ie"],
    ["--=x", "bad flag syntax: --=x"],
    ["---x", "bad flag syntax: ---x"],
    [
      "--all=zz",
      'invalid argument "zz" for "-a, --all" flag: strconv.ParseBool: parsing "zz": invalid syntax',
    ],
    [
      "-n x",
      'invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      "-f x",
      'invalid argument "x" for "-f, --filter" flag: bad format of filter (expected name=value)',
    ],
  ])("%s", (line, message) => {
    expect(() => parseFlags(FLAGS, split(line))).toThrow(message);
  });
});

test("parseFlags() knows --help and, where it means nothing else, -h", () => {
  expect(parseFlags(FLAGS, ["--help", "--bogus"]).help).toBe(true);
  expect(parseFlags(FLAGS, ["-h"]).help).toBe(true);
  expect(parseFlags({ hostname: text("", { short: "h" }) }, ["-h", "x"]).help).toBe(false);
});

test("parseFlags() says which options were given", () => {
  expect([...parseFlags(FLAGS, ["--name=", "--net", "x"]).given]).toEqual(["name", "network"]);
});

function split(line: string): string[] {
  return line === "" ? [] : line.split(" ");
}
