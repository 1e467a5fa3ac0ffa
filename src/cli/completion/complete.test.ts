import { describe, expect, test } from "bun:test";
import { startCannedApi } from "../../../test/support/canned-api.ts";
import { parseEndpoint } from "../../client/endpoint.ts";
import { Transport } from "../../client/transport.ts";
import { findCandidates } from "./complete.ts";

const noDaemon = async () => new Transport(parseEndpoint("unix:///nowhere"));

async function complete(line: string): Promise<readonly string[]> {
  return (await findCandidates(line.split(" "), noDaemon)).map(([value]) => value);
}

describe("a word is completed to", () => {
  test.each<[string, string[]]>([
    ["p", ["pause", "port", "prune", "ps", "pull", "push"]],
    ["network c", ["connect", "create"]],
    ["network ls --no", ["--no-trunc"]],
    ["st", ["start", "stats", "stop"]],
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

describe("the names of networks are offered", () => {
  test.each<[string, string[]]>([
    ["network rm ", ["bridge", "n1", "n2"]],
    ["network rm n1 n", ["n2"]],
    ["network connect ", ["bridge", "n1", "n2"]],
    ["network connect n1 ", ["c1"]],
    ["network connect n1 c1 ", []],
    ["run --network ", ["bridge", "n1", "n2"]],
    ["run -d --network n", ["n1", "n2"]],
    ["run --network n1 --net", ["--network", "--network-alias"]],
    ["run --bogus --network ", []],
    ["inspect n", ["n1", "n2"]],
  ])("after %p", async (line, expected) => {
    await using api = await startCannedApi({
      "GET /networks": { json: ["bridge", "n1", "n2"].map((Name) => ({ Name, Driver: "bridge" })) },
      "GET /containers/json": { json: [{ Names: ["/c1"], Status: "Up", State: "running" }] },
      "GET /images/json": { json: [] },
      "GET /volumes": { json: { Volumes: [], Warnings: null } },
    });
    const reach = async () => new Transport(parseEndpoint(api.host));
    const found = await findCandidates(line.split(" "), reach);
    expect(found.map(([value]) => value)).toEqual(expected);
  });
});

test.each(["run --name ", "run busybox -", "ps --format ", "nosuch ", "run ", "rm "])(
  "%p is left to the shell where nothing is known",
  async (line) => {
    expect(await complete(line)).toEqual([]);
  },
);
