import { describe, expect, test } from "bun:test";
import { startApi, startApiWithContainer } from "../../../test/support/api.ts";

const ID = `${"d".repeat(63)}1`;

describe("containers", () => {
  test("create answers 201, and start 204, then 304", async () => {
    await using api = await startApi();
    const created = await api.ask("POST", "/v1.41/containers/create?name=/web", {
      Image: "busybox",
      Cmd: "sleep",
    });
    expect([created.status, created.json]).toEqual([201, { Id: ID, Warnings: [] }]);
    expect((await api.ask("POST", "/containers/web/start")).status).toBe(204);
    expect((await api.ask("POST", "/containers/web/start")).status).toBe(304);
    expect((await api.ask("POST", "/containers/web/stop?t=3&signal=INT")).status).toBe(204);
    expect((await api.ask("POST", "/v1.41/containers/web/stop?t=-1&signal=INT")).status).toBe(304);
    expect(api.engine.calls.filter(([name]) => name === "stop")).toEqual([
      ["stop", "web", { timeoutSeconds: 3, signal: "INT" }],
      ["stop", "web", { timeoutSeconds: -1 }],
    ]);
  });

  test("start refuses a HostConfig", async () => {
    await using api = await startApiWithContainer();
    const { status, text } = await api.ask("POST", "/containers/web/start", { Privileged: true });
    expect(status).toBe(400);
    expect(text).toContain("was deprecated since API v1.22 and removed in v1.24");
    expect((await api.ask("POST", "/containers/web/start", {})).status).toBe(204);
  });

  test.each([
    ["POST", "/containers/web/restart?t=2", ["restart", "web", { timeoutSeconds: 2 }], 204],
    ["POST", "/containers/web/resize?h=10&w=20", ["resize", "web", { rows: 10, columns: 20 }], 200],
    [
      "DELETE",
      "/containers/web?v=1&force=true",
      ["remove", "web", { force: true, volumes: true, link: false }],
      204,
    ],
    [
      "DELETE",
      "/containers/web?v=0&force=None&link=x",
      ["remove", "web", { force: false, volumes: false, link: true }],
      204,
    ],
  ])("%s %s", async (...row) => {
    const [method, target, call, status] = row;
    await using api = await startApiWithContainer();
    expect((await api.ask(method, target)).status).toBe(status);
    expect(api.engine.calls).toContainEqual(call);
  });

  test.each([
    "/containers/web/resize?h=1",
    "/containers/web/resize?h=x&w=1",
    "/containers/web/resize?h=99999&w=1",
  ])("POST %s is 400", async (target) => {
    await using api = await startApiWithContainer();
    expect((await api.ask("POST", target)).status).toBe(400);
  });

  test("kill without a signal is SIGKILL", async () => {
    await using api = await startApiWithContainer();
    const { status } = await api.ask("POST", "/containers/web/kill?signal=");
    expect(status).toBe(409);
    expect(api.engine.calls).toEqual([["kill", "web", "SIGKILL"]]);
  });

  test.each([
    ['{"label":["a=b","c"],"status":["exited"]}', { label: ["a=b", "c"], status: ["exited"] }],
    ['{"label":{"a=b":true,"c":false}}', { label: ["a=b"] }],
    ["", {}],
  ])("filters come as %s", async (text, filters) => {
    await using api = await startApiWithContainer();
    await api.ask(
      "GET",
      `/containers/json?all=1&limit=4&size=1&filters=${encodeURIComponent(text)}`,
    );
    expect(api.engine.calls).toEqual([["list", { all: true, limit: 4, size: true, filters }]]);
  });

  test("explain takes create's body, trace a name", async () => {
    await using api = await startApiWithContainer();
    const plan = await api.ask("POST", "/containers/explain", { Image: "busybox" });
    expect(plan.json).toEqual({ phases: [], steps: [] });
    expect((await api.ask("GET", "/containers/web/trace")).json).toMatchObject({ containerId: ID });
  });
});
