import { describe, expect, test } from "bun:test";
import { startApi, startApiWithContainer } from "../../../test/support/api.ts";
import { RawClient } from "../../../test/support/raw-http.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import { EngineError } from "../../base/errors.ts";

describe("wait", () => {
  test("sends its head before the end", async () => {
    await using api = await startApiWithContainer();
    await api.ask("POST", "/containers/web/start");
    using client = await RawClient.connect(api.path);
    client.send("POST /v1.43/containers/web/wait?condition=next-exit HTTP/1.1\r\nHost: d\r\n\r\n");
    await client.until("Transfer-Encoding: chunked\r\n\r\n");
    expect(client.text).not.toContain("StatusCode");

    await api.ask("POST", "/containers/web/kill");
    await client.until('{"StatusCode":137}\n');
  });

  test("waits before its head for clients from before 1.30", async () => {
    await using api = await startApiWithContainer(["exit", "4"]);
    await api.ask("POST", "/containers/web/start");
    const { headers, json } = await api.ask("POST", "/v1.29/containers/web/wait?condition=rubbish");
    expect(headers.get("Content-Length")).not.toBeNull();
    expect(json).toEqual({ StatusCode: 4 });
  });

  test("refuses an unknown condition", async () => {
    await using api = await startApiWithContainer();
    const { status, json } = await api.ask("POST", "/containers/web/wait?condition=x");
    expect([status, json]).toEqual([400, { message: 'invalid condition: "x"' }]);
  });

  test("ends when its client goes, and no one is told", async () => {
    await using api = await startApiWithContainer();
    const client = await RawClient.connect(api.path);
    client.send("POST /containers/web/wait HTTP/1.1\r\nHost: d\r\n\r\n");
    await client.until("\r\n\r\n");
    client.socket.destroy();
    await api.ask("POST", "/containers/web/start");
    expect(api.errors).toEqual([]);
  });
});

describe("events", () => {
  test("the head comes at once, and each event when it happens", async () => {
    await using api = await startApi();
    using client = await RawClient.connect(api.path);
    client.send("GET /events?since=5.25&until=2026-01-01T00:00:00.5Z HTTP/1.1\r\nHost: d\r\n\r\n");
    await client.until("Content-Type: application/json\r\n");
    await client.until("\r\n\r\n");
    expect(api.engine.calls).toEqual([
      ["events", { since: 5_250_000_000n, until: 1_767_225_600_500_000_000n, filters: {} }],
    ]);

    const attributes = { image: "busybox", name: "web" };
    api.engine.publish({
      type: "container",
      action: "start",
      actorId: "c1",
      attributes,
      timeNs: 1_732_000_000_123_456_789n,
    });
    await client.until(
      '{"status":"start","id":"c1","from":"busybox","Type":"container","Action":"start","Actor":{"ID":"c1","Attributes":{"image":"busybox","name":"web"}},"scope":"local","time":1732000000,"timeNano":1732000000123456789}\n',
    );
  });

  test("clients from before 1.46 do not hear of images created", async () => {
    await using api = await startApi();
    for (const action of ["create", "tag"]) {
      api.engine.publish({ type: "image", action, actorId: "i", attributes: {}, timeNs: 1n });
    }
    using client = await RawClient.connect(api.path);
    client.send("GET /v1.45/events HTTP/1.1\r\nHost: d\r\n\r\n");
    expect(await client.until('"Action":"tag"')).not.toContain('"Action":"create"');
  });

  test.each(["since=x", "until=2026-99-99T00:00:00Z"])("%s is 400", async (query) => {
    await using api = await startApi();
    expect((await api.ask("GET", `/events?${query}`)).status).toBe(400);
  });
});

const ASKED = { stdout: true, stderr: false, follow: false, timestamps: false, details: false };

describe("logs", () => {
  test.each([
    ["", "application/vnd.docker.multiplexed-stream"],
    ["/v1.41", "application/vnd.docker.raw-stream"],
  ])("of pipes have frames, and %s says %s", async (version, type) => {
    await using api = await startApiWithContainer(["both"]);
    await api.ask("POST", "/containers/web/start");
    const { headers, text } = await api.ask(
      "GET",
      `${version}/containers/web/logs?stdout=1&stderr=1`,
    );
    expect(headers.get("Content-Type")).toBe(type);
    expect(text).toBe("\x01\0\0\0\0\0\0\x04out\n\x02\0\0\0\0\0\0\x04err\n");
  });

  test("of a terminal are raw", async () => {
    await using api = await startApiWithContainer(["echo", "hi"], { Tty: true });
    await api.ask("POST", "/containers/web/start");
    const { headers, text } = await api.ask("GET", "/containers/web/logs?stdout=1");
    expect(headers.get("Content-Type")).toBe("application/vnd.docker.raw-stream");
    expect(text).toBe("hi\n");
  });

  test("are asked for as the query says", async () => {
    await using api = await startApiWithContainer(["exit", "0"]);
    await api.ask("GET", "/containers/web/logs?stderr=1&tail=5&since=1.5&until=0&details=1");
    await api.ask("GET", "/containers/web/logs?stdout=1&tail=all&timestamps=1");
    expect(api.engine.calls).toEqual([
      [
        "logs",
        "web",
        { ...ASKED, stdout: false, stderr: true, tail: 5, since: 1_500_000_000n, details: true },
      ],
      ["logs", "web", { ...ASKED, timestamps: true }],
    ]);
  });

  test("need a stream", async () => {
    await using api = await startApiWithContainer();
    const { status, json } = await api.ask("GET", "/containers/web/logs");
    expect([status, json]).toEqual([
      400,
      { message: "Bad parameters: you must choose at least one stream" },
    ]);
  });

  test("that are followed send their head at once, and end with the client", async () => {
    await using api = await startApiWithContainer();
    await api.ask("POST", "/containers/web/start");
    const client = await RawClient.connect(api.path);
    client.send("GET /containers/web/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: d\r\n\r\n");
    await client.until("Transfer-Encoding: chunked\r\n\r\n");
    client.socket.destroy();
    await waitUntil("it is closed", () => client.closed);
  });

  test("that break tell so in the stream", async () => {
    await using api = await startApiWithContainer(["both"]);
    api.engine.containers.logs = async () => ({
      tty: false,
      output: (async function* () {
        yield new Uint8Array();
        throw new EngineError("internal", "disk gone");
      })(),
    });
    const { text } = await api.ask("GET", "/containers/web/logs?stdout=1");
    expect(text.slice(8)).toBe("Error grabbing logs: disk gone\n");
    expect(text.charCodeAt(0)).toBe(3);
  });
});

test("attach asks for what the query says", async () => {
  await using api = await startApiWithContainer(["echo", "hi"]);
  using client = await RawClient.connect(api.path);
  client.send(
    "POST /containers/web/attach?stream=1&stdout=1&logs=0&detachKeys=ctrl-x HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
  );
  await client.until("HTTP/1.1 101 UPGRADED\r\n");
  await api.ask("POST", "/containers/web/start");
  expect(await client.end()).toEndWith("\x01\0\0\0\0\0\0\x03hi\n");
  expect(api.engine.calls).toEqual([
    [
      "attach",
      "web",
      {
        stdin: false,
        stdout: true,
        stderr: false,
        logs: false,
        stream: true,
        detachKeys: "ctrl-x",
      },
    ],
  ]);
});
