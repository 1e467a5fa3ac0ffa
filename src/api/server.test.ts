import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { startApi } from "../../test/support/api.ts";
import { EngineError } from "../base/errors.ts";

describe("every reply", () => {
  test("has Docker's headers", async () => {
    await using api = await startApi();
    for (const target of ["/_ping", "/nowhere", "/v1.99/info"]) {
      const { headers } = await api.ask("GET", target);
      expect(headers.get("Server")).toBe("Sampan/0.1.0 (linux)");
      expect(headers.get("Api-Version")).toBe("1.51");
      expect(headers.get("Ostype")).toBe("linux");
      expect(headers.get("Docker-Experimental")).toBe("false");
    }
  });

  test.each([
    ["GET", "/nowhere", 404, "page not found"],
    ["PUT", "/info", 404, "page not found"],
    ["HEAD", "/info", 404, ""],
    ["GET", "/v1.41/nowhere", 404, "page not found"],
    [
      "GET",
      "/v1.52/info",
      400,
      "client version 1.52 is too new. Maximum supported API version is 1.51",
    ],
    [
      "GET",
      "/v2.0/info",
      400,
      "client version 2.0 is too new. Maximum supported API version is 1.51",
    ],
    ["GET", "/containers/none/json", 404, "No such container: none"],
    ["GET", "/containers/%ZZ/json", 400, 'invalid URL escape in "/containers/%ZZ/json"'],
    [
      "GET",
      "/containers/json?limit=x",
      400,
      'invalid limit: strconv.Atoi: parsing "x": invalid syntax',
    ],
    ["GET", "/containers/json?filters=x", 400, "invalid filter"],
    ["GET", '/containers/json?filters={"label":1}', 400, "invalid filter"],
    ["GET", "/plugins/x/json", 501, "GET /plugins/{name:.*}/json is not supported yet"],
    ["POST", "/swarm/leave", 503, "This node is not part of a swarm"],
    ["POST", "/images/create?fromImage=nope", 404, "pull access denied"],
    ["POST", "/build/cancel", 501, "POST /build/cancel is not supported yet"],
  ])("%s %s is %d: %s", async (...row) => {
    const [method, target, status, message] = row;
    await using api = await startApi();
    const answer = await api.ask(method, target);
    expect(answer.status).toBe(status);
    if (message !== "") expect(answer.json).toEqual({ message });
    expect(api.errors).toEqual([]);
  });

  test("a version that is too old is told in plain text", async () => {
    await using api = await startApi();
    const { status, text } = await api.ask("GET", "/v1.23/info");
    expect(status).toBe(400);
    expect(text).toBe(
      "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version\n",
    );
  });

  test("the version of Debian's skopeo is old enough for archives of images, and for nothing else", async () => {
    await using api = await startApi();
    expect((await api.ask("GET", "/v1.22/images/get?names=none")).status).toBe(404);
    expect((await api.ask("GET", "/v1.22/images/none/json")).status).toBe(400);
    expect((await api.ask("GET", "/v1.21/images/get?names=none")).status).toBe(400);
  });

  test("a failure of ours is a 500 and is logged once, others are not", async () => {
    await using api = await startApi();
    api.engine.images.list = async () => {
      throw new Error("broken");
    };
    expect((await api.ask("GET", "/images/json")).status).toBe(500);
    expect(api.errors).toEqual([["GET /images/json", new Error("broken")]]);
  });

  test("what is given up because its client has gone is not logged", async () => {
    await using api = await startApi();
    const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    api.engine.containers.logs = async (_ref, _query, signal) => {
      asked.resolve();
      const reason = await new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(signal.reason));
      });
      left.resolve();
      throw reason;
    };
    const client = connect(api.path);
    client.write("GET /containers/x/logs?stdout=1 HTTP/1.1\r\nHost: d\r\n\r\n");
    await asked.promise;
    client.destroy();
    await left.promise;
    // The next request is answered after the last error was dealt with.
    await api.ask("GET", "/_ping");
    expect(api.errors).toEqual([]);
  });

  test.each([
    ["unauthorized", 401],
    ["forbidden", 403],
    ["conflict", 409],
    ["internal", 500],
    ["unimplemented", 501],
    ["unavailable", 503],
  ] as const)("an error of kind %s is %d", async (kind, status) => {
    await using api = await startApi();
    api.engine.images.list = async () => {
      throw new EngineError(kind, "x");
    };
    expect((await api.ask("GET", "/images/json")).status).toBe(status);
  });
});

describe("_ping", () => {
  test("says OK, and HEAD says nothing", async () => {
    await using api = await startApi();
    const get = await api.ask("GET", "/_ping");
    const head = await api.ask("HEAD", "/v1.24/_ping");
    expect([get.text, head.text]).toEqual(["OK", ""]);
    expect(get.headers.get("Cache-Control")).toBe("no-cache, no-store, must-revalidate");
    expect(head.headers.get("Swarm")).toBe("inactive");
  });
});
