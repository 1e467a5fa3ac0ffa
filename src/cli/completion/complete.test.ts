import { describe, expect, test } from "bun:test";
import { parseEndpoint } from "../../client/endpoint.ts";
import { Transport } from "../../client/transport.ts";
import { findCandidates } from "./complete.ts";

const noDaemon = async () => new Transport(parseEndpoint("unix:///nowhere"));

async function complete(line: string): Promise<readonly string[]> {
  return (await findCandidates(line.split(" "), noDaemon)).map(([value]) => value);
}

describe("a word is completed to", () => {
  test.each<[string, string[]]>([
    ["p", ["prune", "ps"]],
    ["st", ["start", "stop"]],
    ["container l", ["logs", "ls"]],
    ["--ho", ["--host"]],
    ["-H x -D im", ["images", "import", "image"]],
    ["run --net", ["--network", "--network-alias"]],
    ["container run --rm --cidf", ["--cidfile"]],
    ["ps --f", ["--filter", "--format"]],
    ["completion ", ["bash", "zsh"]],
    ["completion z", ["zsh"]],
  ])("%p", async (line, expected) => {
    expect([...(await complete(line))].sort()).toEqual([...expected].sort());
  });
});

test.each(["run --name ", "run busybox -", "ps --format ", "nosuch ", "run ", "rm "])(
  "%p is left to the shell where nothing is known",
  async (line) => {
    expect(await complete(line)).toEqual([]);
  },
);
