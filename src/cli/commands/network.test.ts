import { describe, expect, test } from "bun:test";
import { type Canned, startCannedApi } from "../../../test/support/canned-api.ts";
import { recordedIo } from "../../../test/support/recorded-io.ts";
import { runCli } from "../main.ts";

type Answers = Readonly<Record<string, Canned>>;

/** What a command line says and asks of a daemon that gives these answers. */
async function run(answers: Answers, line: string, input = "") {
  await using api = await startCannedApi(answers);
  const io = recordedIo({ env: { SAMPAN_HOST: api.host }, input });
  const code = await runCli(line.split(" "), io);
  return { code, out: io.out(), err: io.err(), asked: [...api.asked] };
}

const NOTHING = { Options: {}, Config: [] };
const PLAIN = {
  Name: "n",
  Driver: "bridge",
  Scope: "",
  IPAM: { Driver: "default", ...NOTHING },
  Internal: false,
  Attachable: false,
  Ingress: false,
  ConfigOnly: false,
  ConfigFrom: null,
  Options: {},
  Labels: {},
};

describe("network create", () => {
  const answers = { "POST /networks/create": { json: { Id: "abc", Warning: "" } } };

  // What Docker's CLI 28.2.2 sends; subnets come in the order given.
  test.each<[string, object]>([
    ["", {}],
    ["--ipv4 --ipv6=false", { EnableIPv4: true, EnableIPv6: false }],
    ["-d macvlan -o parent=eth0 -o x", { Driver: "macvlan", Options: { parent: "eth0", x: "" } }],
    ["--label a=b --label c", { Labels: { a: "b", c: "" } }],
    ["--internal --attachable", { Internal: true, Attachable: true }],
    ["--ingress --scope swarm", { Ingress: true, Scope: "swarm" }],
    ["--config-only --config-from x", { ConfigOnly: true, ConfigFrom: { Network: "x" } }],
    [
      "--ipam-driver foo --ipam-opt p=q",
      { IPAM: { Driver: "foo", Options: { p: "q" }, Config: [] } },
    ],
    [
      "--subnet 10.1.0.0/16,fd00::/64 --gateway fd00::1 --ip-range 10.1.2.0/24 --aux-address a=10.1.0.5",
      {
        IPAM: {
          Driver: "default",
          Options: {},
          Config: [
            {
              Subnet: "10.1.0.0/16",
              IPRange: "10.1.2.0/24",
              AuxiliaryAddresses: { a: "10.1.0.5" },
            },
            { Subnet: "fd00::/64", Gateway: "fd00::1" },
          ],
        },
      },
    ],
  ])("%p asks for what it says", async (options, expected) => {
    const line = `network create ${options} n`.replace("  ", " ");
    const { code, out, asked } = await run(answers, line);
    expect([code, out]).toEqual([0, "abc\n"]);
    const [target, body = ""] = (asked[0] ?? "").split(/ (?=\{)/, 2);
    expect(target).toBe("POST /networks/create");
    expect(JSON.parse(body)).toEqual({ ...PLAIN, ...expected });
  });

  test("a mistake in addresses is told before anything is asked", async () => {
    expect(await run(answers, "network create --gateway 10.1.0.1 n")).toEqual({
      code: 1,
      out: "",
      err: "every ip-range or gateway must have a corresponding subnet\n",
      asked: [],
    });
  });

  test("a mistake in an option is told with the usage", async () => {
    const { code, err } = await run(answers, "network create --label =x n");
    expect([code, err.split("\n")[0]]).toEqual([
      125,
      `invalid argument "=x" for "--label" flag: invalid label '=x': empty name`,
    ]);
  });

  test("what the daemon warns of or refuses is told", async () => {
    const warned = { "POST /networks/create": { json: { Id: "abc", Warning: "careful" } } };
    expect((await run(warned, "network create n")).err).toBe("WARNING: careful\n");
    const refused = { "POST /networks/create": { status: 403, message: "no" } };
    const { code, err } = await run(refused, "network create n");
    expect([code, err]).toEqual([1, "Error response from daemon: no\n"]);
  });
});

describe("network connect and disconnect", () => {
  const answers = {
    "POST /networks/n/connect": { json: {} },
    "POST /networks/n/disconnect": { json: {} },
  };

  test("send what is asked of the endpoint", async () => {
    const options =
      "--alias a,b --alias c --driver-opt q=r,s=t --gw-priority -5 --ip 10.0.0.1 --ip6 fd00::1" +
      " --link c1:al --link c2 --link-local-ip 169.254.1.1,169.254.1.2";
    const { code, out, asked } = await run(answers, `network connect ${options} n x`);
    expect([code, out]).toEqual([0, ""]);
    expect(JSON.parse((asked[0] ?? "").replace("POST /networks/n/connect ", ""))).toEqual({
      Container: "x",
      EndpointConfig: {
        IPAMConfig: {
          IPv4Address: "10.0.0.1",
          IPv6Address: "fd00::1",
          LinkLocalIPs: ["169.254.1.1", "169.254.1.2"],
        },
        Links: ["c1:al", "c2"],
        Aliases: ["a", "b", "c"],
        DriverOpts: { q: "r", s: "t" },
        GwPriority: -5,
      },
    });
  });

  test.each<[string, string]>([
    ["n x", '{"Container":"x","Force":false}'],
    ["-f n x", '{"Container":"x","Force":true}'],
  ])("disconnect %p", async (args, body) => {
    const { code, asked } = await run(answers, `network disconnect ${args}`);
    expect([code, asked]).toEqual([0, [`POST /networks/n/disconnect ${body}`]]);
  });

  test.each<[string, number, string]>([
    ["--link a:b:c n x", 125, 'invalid argument "a:b:c" for "--link" flag: bad format for links'],
    ["--gw-priority z n x", 125, 'invalid argument "z" for "--gw-priority" flag'],
    ["--driver-opt zz n x", 1, "invalid key/value pair format in driver options"],
    ["n", 1, "sampan: 'sampan network connect' requires 2 arguments"],
    ["m x", 1, "Error response from daemon: nothing at POST /networks/m/connect"],
  ])("connect %p fails", async (args, code, message) => {
    const failed = await run(answers, `network connect ${args}`);
    expect([failed.code, failed.out]).toEqual([code, ""]);
    expect(failed.err).toStartWith(message);
  });
});

describe("network ls", () => {
  const json = [
    {
      Name: "n10",
      Id: "0123456789abcdef",
      Created: "2026-01-02T03:04:05.123456780+01:00",
      Driver: "bridge",
      Scope: "local",
      EnableIPv4: true,
      EnableIPv6: true,
      Internal: true,
      Labels: { "com.x.a-b": "1", c: "2" },
    },
    {
      Name: "n9",
      Id: "1123456789abcdef",
      Created: "2026-01-02T03:04:05Z",
      Driver: "null",
      Scope: "local",
    },
  ];
  const answers = { "GET /networks": { json } };

  test.each<[string, string]>([
    [
      "",
      "NETWORK ID     NAME      DRIVER    SCOPE\n1123456789ab   n9        null      local\n0123456789ab   n10       bridge    local\n",
    ],
    ["-q", "1123456789ab\n0123456789ab\n"],
    ["-q --no-trunc", "1123456789abcdef\n0123456789abcdef\n"],
    ["-q --format {{.Name}}", "n9\nn10\n"],
    [
      "--format {{.CreatedAt}}",
      "2026-01-02 03:04:05 +0000 UTC\n2026-01-02 03:04:05.12345678 +0100 +0100\n",
    ],
    ["--format {{.IPv4}},{{.IPv6}},{{.Internal}}", "false,false,false\ntrue,true,true\n"],
    ["--format {{.Labels}}", "\ncom.x.a-b=1,c=2\n"],
  ])("%p", async (options, text) => {
    const { code, out, err } = await run(answers, `network ls ${options}`.trim());
    expect([code, out, err]).toEqual([0, text, ""]);
  });

  test("--format json has all fields by name", async () => {
    const { out } = await run(answers, "network ls --format json");
    expect(JSON.parse(out.split("\n")[1] ?? "")).toEqual({
      CreatedAt: "2026-01-02 03:04:05.12345678 +0100 +0100",
      Driver: "bridge",
      ID: "0123456789ab",
      IPv4: "true",
      IPv6: "true",
      Internal: "true",
      Labels: "com.x.a-b=1,c=2",
      Name: "n10",
      Scope: "local",
    });
  });

  test("filters go to the daemon", async () => {
    const { asked } = await run(answers, "network list -f driver=bridge -f name=a -f name=b");
    expect(asked).toEqual([
      'GET /networks?filters={"driver":{"bridge":true},"name":{"a":true,"b":true}}',
    ]);
  });
});

describe("network rm", () => {
  const answers = { "DELETE /networks/a": { json: {} }, "DELETE /networks/b": { json: {} } };

  test("removes each, tells what it could not, and fails then", async () => {
    expect(await run(answers, "network rm a nope b")).toEqual({
      code: 1,
      out: "a\nb\n",
      err: "Error response from daemon: nothing at DELETE /networks/nope\n",
      asked: ["DELETE /networks/a", "DELETE /networks/nope", "DELETE /networks/b"],
    });
  });

  test("-f says nothing of what is not there", async () => {
    const { code, out, err } = await run(answers, "network rm nope a -f");
    expect([code, out, err]).toEqual([0, "a\n", ""]);
  });

  test("-f does not hide another failure", async () => {
    const refused = { "DELETE /networks/a": { status: 403, message: "in use" } };
    const { code, err } = await run(refused, "network rm -f a");
    expect([code, err]).toEqual([1, "Error response from daemon: in use\n"]);
  });
});

describe("network prune", () => {
  const warning =
    "WARNING! This will remove all custom networks not used by at least one container.\n" +
    "Are you sure you want to continue? [y/N] ";
  const answers = { "POST /networks/prune": { json: { NetworksDeleted: ["a", "b"] } } };

  test("asks first, and does nothing without a yes", async () => {
    const { code, out, asked } = await run(answers, "network prune", "n\n");
    expect([code, out, asked]).toEqual([0, warning, []]);
  });

  test("tells what it removed", async () => {
    const { out } = await run(answers, "network prune", "y\n");
    expect(out).toBe(`${warning}Deleted Networks:\na\nb\n\n`);
  });

  test("-f does not ask, and says nothing where there was nothing", async () => {
    const none = { "POST /networks/prune": { json: { NetworksDeleted: null } } };
    const { code, out, asked } = await run(none, "network prune -f --filter until=5m");
    expect([code, out, asked]).toEqual([
      0,
      "",
      ['POST /networks/prune?filters={"until":{"5m":true}}'],
    ]);
  });
});

describe("inspect of networks", () => {
  const answers = { "GET /networks/n": { json: { Name: "n", Scope: "local" } } };

  test.each(["network inspect n -f {{.Scope}}", "inspect --type network n -f {{.Scope}}"])(
    "%p",
    async (line) => {
      const { code, out, asked } = await run(answers, line);
      expect([code, out, asked]).toEqual([0, "local\n", ["GET /networks/n"]]);
    },
  );

  test("-v asks for more", async () => {
    const { asked } = await run(answers, "network inspect -v n");
    expect(asked).toEqual(["GET /networks/n?verbose=1"]);
  });

  test("a name is looked for among containers, images and networks, in that order", async () => {
    const { code, out, err, asked } = await run(answers, "inspect -f {{.Name}} n nope");
    expect([code, out, err]).toEqual([1, "n\n", "Error: No such object: nope\n"]);
    expect(asked.slice(0, 3)).toEqual([
      "GET /containers/n/json",
      "GET /images/n/json",
      "GET /networks/n",
    ]);
  });

  test.each([
    ["foo", 'unknown type: "foo": must be one of "container", "image", "network" or "volume"\n'],
    ["", 'type is empty: must be one of "container", "image", "network" or "volume"\n'],
  ])("--type %p is refused", async (type, message) => {
    const { code, err } = await run(answers, `inspect --type=${type} n`);
    expect([code, err]).toEqual([1, message]);
  });
});
