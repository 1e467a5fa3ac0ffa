import { expect, test } from "bun:test";
import { planEndpoints, urlBelow } from "./endpoints.ts";
import { InsecureHosts } from "./insecure-hosts.ts";

const insecureHosts = new InsecureHosts(["plain.test", "port.test:5000", "10.0.0.0/8", "fd00::/8"]);
const HUB = "https://registry-1.docker.io/";

test.each<[string, readonly string[]]>([
  ["docker.io", [HUB]],
  ["quay.io", ["https://quay.io/"]],
  ["localhost:5000", ["https://localhost:5000/", "http://localhost:5000/"]],
  ["127.9.9.9", ["https://127.9.9.9/", "http://127.9.9.9/"]],
  ["[::1]:5000", ["https://[::1]:5000/", "http://[::1]:5000/"]],
  ["[2001:db8::1]:5000", ["https://[2001:db8::1]:5000/"]],
  ["plain.test", ["https://plain.test/", "http://plain.test/"]],
  ["plain.test:81", ["https://plain.test:81/", "http://plain.test:81/"]],
  ["port.test:5000", ["https://port.test:5000/", "http://port.test:5000/"]],
  ["port.test", ["https://port.test/"]],
  ["10.1.2.3:443", ["https://10.1.2.3/", "http://10.1.2.3:443/"]],
  ["11.1.2.3", ["https://11.1.2.3/"]],
  ["[fd12::1]", ["https://[fd12::1]/", "http://[fd12::1]/"]],
])("%s is looked for at %j", async (domain, wanted) => {
  const [endpoint] = await planEndpoints(domain, "pull", { mirrors: [], insecureHosts });
  expect(endpoint?.bases.map(({ href }) => href)).toEqual([...wanted]);
});

test("mirrors come first for pulls of docker.io, and nowhere else", async () => {
  const mirrors = ["https://mirror.test/hub/", "http://other.test:5000"];
  const list = async (domain: string, actions: "pull" | "push") =>
    (await planEndpoints(domain, actions, { mirrors, insecureHosts })).flatMap(({ bases }) =>
      bases.map((base) => urlBelow(base, "/v2/").href),
    );
  expect(await list("docker.io", "pull")).toEqual([
    "https://mirror.test/hub/v2/",
    "http://other.test:5000/v2/",
    `${HUB}v2/`,
  ]);
  expect(await list("docker.io", "push")).toEqual([`${HUB}v2/`]);
  expect(await list("quay.io", "pull")).toEqual(["https://quay.io/v2/"]);
});

test.each(["mirror.test", "ftp://mirror.test", "https://a:b@mirror.test", "https://m.test?a=b"])(
  "%s is no mirror",
  async (mirror) => {
    const plan = planEndpoints("docker.io", "pull", { mirrors: [mirror], insecureHosts });
    await expect(plan).rejects.toThrow(/^invalid mirror: "[^"]*" is not a valid URI: /);
    await expect(plan).rejects.not.toThrow("a:b");
  },
);

test.each(["10.0.0.0/33", "host/8", "10.0.0.0/8/8"])("%s is no insecure registry", (entry) => {
  expect(() => new InsecureHosts([entry])).toThrow(`Invalid insecure registry "${entry}"`);
});
