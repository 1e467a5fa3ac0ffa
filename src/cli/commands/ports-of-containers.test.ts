import { describe, expect, test } from "bun:test";
import { type Canned, startCannedApi } from "../../../test/support/canned-api.ts";
import { recordedIo } from "../../../test/support/recorded-io.ts";
import { runCli } from "../main.ts";

async function run(answers: Readonly<Record<string, Canned>>, words: readonly string[]) {
  await using api = await startCannedApi(answers);
  const io = recordedIo({ env: { SAMPAN_HOST: api.host } });
  const code = await runCli(words, io);
  return { code, out: io.out(), err: io.err(), asked: [...api.asked] };
}

describe("port", () => {
  const Ports = {
    "80/tcp": [
      { HostIp: "::", HostPort: "8080" },
      { HostIp: "0.0.0.0", HostPort: "18080" },
      { HostIp: "0.0.0.0", HostPort: "9080" },
    ],
    "81/tcp": null,
    "443/tcp": [],
    "9/tcp": [{ HostIp: "127.0.0.1", HostPort: "900" }],
    "80/udp": [{ HostIp: "", HostPort: "32768" }],
  };
  const answers = {
    "GET /containers/x/json": { json: { NetworkSettings: { Ports } } },
    "GET /containers/y/json": { json: { NetworkSettings: { Ports: {} } } },
  };
  const all = `9/tcp -> 127.0.0.1:900
80/tcp -> 0.0.0.0:9080
80/tcp -> 0.0.0.0:18080
80/tcp -> [::]:8080
80/udp -> :32768
`;
  const http = "0.0.0.0:9080\n0.0.0.0:18080\n[::]:8080\n";

  test.each<[string[], string]>([
    [["port", "x"], all],
    [["container", "port", "x"], all],
    [["port", "x", ""], all],
    [["port", "x", "80"], http],
    [["port", "x", "80/tcp"], http],
    [["port", "x", "80/"], http],
    [["port", "x", "80/udp"], ":32768\n"],
    [["port", "y"], ""],
  ])("%p", async (words, text) => {
    const { code, out, err } = await run(answers, words);
    expect([code, out, err]).toEqual([0, text, ""]);
  });

  test.each<[string, string]>([
    ["81", "Error: No public port '81' published for x"],
    ["443", "Error: No public port '443' published for x"],
    ["80/UDP", "Error: No public port '80/UDP' published for x"],
    ["080", "Error: No public port '080' published for x"],
    ["abc", 'Error: invalid port (abc): strconv.ParseUint: parsing "abc": invalid syntax'],
    ["/tcp", 'Error: invalid port (): strconv.ParseUint: parsing "": invalid syntax'],
    [
      "99999",
      'Error: invalid port (99999): strconv.ParseUint: parsing "99999": value out of range',
    ],
  ])("of %p fails", async (port, message) => {
    const { code, out, err } = await run(answers, ["port", "x", port]);
    expect([code, out, err]).toEqual([1, "", `${message}\n`]);
  });
});

describe("update", () => {
  const answers = {
    "POST /containers/a/update": { json: { Warnings: ["careful"] } },
    "POST /containers/b/update": { json: { Warnings: null } },
  };

  test("asks each container for what is to be published, and for what is not", async () => {
    const options = "--publish-add 8080:80 --publish-add 90-91:90-91/udp --publish-rm 80/tcp";
    const words = `update ${options} --publish-rm 127.0.0.1:81:81 a nope b`.split(" ");
    const { code, out, err, asked } = await run(answers, words);
    expect([code, out]).toEqual([1, "a\nb\ncareful\n"]);
    expect(err).toBe("Error response from daemon: nothing at POST /containers/nope/update\n");
    expect(JSON.parse((asked[0] ?? "").replace("POST /containers/a/update ", ""))).toEqual({
      PublishAdd: {
        "80/tcp": [{ HostIp: "", HostPort: "8080" }],
        "90/udp": [{ HostIp: "", HostPort: "90" }],
        "91/udp": [{ HostIp: "", HostPort: "91" }],
      },
      PublishRemove: {
        "80/tcp": [{ HostIp: "", HostPort: "" }],
        "81/tcp": [{ HostIp: "127.0.0.1", HostPort: "81" }],
      },
    });
  });

  test.each<[string, number, string]>([
    ["update a", 1, "you must provide one or more flags when using this command\n"],
    [
      "update --publish-rm x a",
      125,
      'invalid argument "x" for "--publish-rm" flag: invalid containerPort: x\n',
    ],
    ["update", 1, "sampan: 'sampan update' requires at least 1 argument\n"],
  ])("%p fails", async (line, code, message) => {
    const failed = await run(answers, line.split(" "));
    expect([failed.code, failed.asked]).toEqual([code, []]);
    expect(failed.err).toStartWith(message);
  });
});
