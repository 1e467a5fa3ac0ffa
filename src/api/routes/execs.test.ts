import { describe, expect, test } from "bun:test";
import { startApi, startApiWithContainer, type TestApi } from "../../../test/support/api.ts";
import { RawClient, talk } from "../../../test/support/raw-http.ts";

const ID = `${"d".repeat(63)}1`;

describe("exec", () => {
  async function create(api: TestApi, config: object) {
    const { Id } = (await api.ask("POST", "/containers/web/exec", config)).json;
    return String(Id);
  }

  test("start takes a body and the connection at once", async () => {
    await using api = await startApiWithContainer();
    const id = await create(api, { Cmd: ["cat"], AttachStdin: true, AttachStdout: true });
    const body = '{"Detach":false,"Tty":true,"ConsoleSize":[3,4]}';
    using client = await RawClient.connect(api.path);
    client.socket.end(
      `POST /v1.42/exec/${id}/start HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}typed`,
    );
    const text = await client.end();
    expect(text).toStartWith("HTTP/1.1 101 UPGRADED\r\n");
    expect(text).toContain("Content-Type: application/vnd.docker.multiplexed-stream\r\n");
    expect(text).toContain("Api-Version: 1.51\r\n");
    expect(text).toEndWith("\r\n\r\n\x01\0\0\0\0\0\0\x05typed");
    expect(api.engine.calls).toContainEqual([
      "exec start",
      { tty: true, consoleSize: { rows: 3, columns: 4 } },
    ]);
  });

  test("start without Upgrade is raw all the same", async () => {
    await using api = await startApiWithContainer();
    const id = await create(api, { Cmd: ["echo", "hi"], AttachStdout: true, Tty: true });
    const text = await talk(
      api.path,
      `POST /exec/${id}/start HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(text).toStartWith("HTTP/1.1 200 OK\r\n");
    expect(text).toContain("Content-Type: application/vnd.docker.raw-stream\r\n");
    expect(text).toEndWith("\r\n\r\nhi\n");
  });

  test("a detached start is a plain reply", async () => {
    await using api = await startApiWithContainer();
    const id = await create(api, { Cmd: ["exit", "3"] });
    const { status, text } = await api.ask("POST", `/exec/${id}/start`, { Detach: true });
    expect([status, text]).toEqual([200, ""]);
    expect((await api.ask("GET", `/exec/${id}/json`)).json).toMatchObject({
      Running: false,
      ExitCode: 3,
    });
  });

  test("inspect has null for the exit code that is not there", async () => {
    await using api = await startApiWithContainer();
    const id = await create(api, {
      Cmd: ["sleep", "1"],
      User: "u",
      Privileged: true,
      DetachKeys: "ctrl-a",
    });
    expect((await api.ask("GET", `/exec/${id}/json`)).json).toEqual({
      ID: id,
      Running: false,
      ExitCode: null,
      ProcessConfig: {
        tty: false,
        entrypoint: "sleep",
        arguments: ["1"],
        privileged: true,
        user: "u",
      },
      OpenStdin: false,
      OpenStderr: false,
      OpenStdout: false,
      CanRemove: false,
      ContainerID: ID,
      DetachKeys: "ctrl-a",
      Pid: 7,
    });
  });

  test.each([{}, { Cmd: [] }])("create needs a command: %j", async (config) => {
    await using api = await startApiWithContainer();
    const { status, json } = await api.ask("POST", "/containers/web/exec", config);
    expect([status, json]).toEqual([400, { message: "No exec command specified" }]);
  });

  test("an error before the hijack is an HTTP error", async () => {
    await using api = await startApi();
    const text = await talk(
      api.path,
      "POST /exec/none/start HTTP/1.1\r\nHost: d\r\nConnection: close, Upgrade\r\nUpgrade: tcp\r\n\r\n",
    );
    expect(text).toStartWith("HTTP/1.1 404 ");
    expect(text).toEndWith('{"message":"No such exec instance: none"}\n');
  });
});
