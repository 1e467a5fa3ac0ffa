import { expect, test } from "bun:test";
import { startCannedApi } from "../../test/support/canned-api.ts";
import { parseEndpoint } from "./endpoint.ts";
import { NetworkApi } from "./networks.ts";
import { Transport } from "./transport.ts";

const BODY = {
  Name: "n",
  Driver: "bridge",
  IPAM: { Driver: "default", Options: {}, Config: [] },
  Internal: false,
  Attachable: false,
  Ingress: false,
  ConfigOnly: false,
  ConfigFrom: null,
  Options: {},
  Labels: {},
};

test.each([
  ["1.43", true],
  ["1.44", false],
])("create of a daemon of %s asks for a name of its own: %p", async (version, asks) => {
  const answers = { "POST /networks/create": { json: { Id: "ab", Warning: "" } } };
  await using api = await startCannedApi(answers, { version });
  const networks = new NetworkApi(new Transport(parseEndpoint(api.host)));
  expect(await networks.create(BODY)).toEqual({ Id: "ab", Warning: "" });
  expect(api.asked[0]?.includes('"CheckDuplicate":true')).toBe(asks);
});

test("a name with a slash stays one part of the path", async () => {
  await using api = await startCannedApi({ "DELETE /networks/a/b": { json: {} } });
  await new NetworkApi(new Transport(parseEndpoint(api.host))).remove("a/b");
  expect(api.asked).toEqual(["DELETE /networks/a/b"]);
});
