import { describe, expect, test } from "bun:test";
import { startApiWithContainer } from "../../../test/support/api.ts";

const ID = `${"d".repeat(63)}1`;

test.each(["pause", "unpause"])("POST /containers/{id}/%s is 204", async (action) => {
  await using api = await startApiWithContainer();
  expect((await api.ask("POST", `/containers/web/${action}`)).status).toBe(204);
  expect((await api.ask("POST", `/containers/nope/${action}`)).status).toBe(404);
  expect(api.engine.calls).toContainEqual([action, ID]);
});

describe("stats", () => {
  test.each([
    ["/containers/web/stats", { stream: true, oneShot: false }],
    ["/containers/web/stats?stream=0", { stream: false, oneShot: false }],
    ["/containers/web/stats?stream=false&one-shot=1", { stream: false, oneShot: true }],
    ["/v1.40/containers/web/stats?stream=0&one-shot=1", { stream: false, oneShot: false }],
  ])("GET %s", async (target, query) => {
    await using api = await startApiWithContainer();
    const { status, json } = await api.ask("GET", target);
    expect([status, json["id"]]).toEqual([200, ID]);
    expect(api.engine.calls).toContainEqual(["stats", "web", query]);
  });

  test("a stream of one sample is refused, and so is an unknown container", async () => {
    await using api = await startApiWithContainer();
    const { status, json } = await api.ask("GET", "/containers/web/stats?one-shot=1");
    expect([status, json["message"]]).toEqual([400, "cannot have stream=true and one-shot=true"]);
    expect((await api.ask("GET", "/containers/nope/stats")).status).toBe(404);
  });
});

test("GET /containers/{id}/top passes ps's arguments on", async () => {
  await using api = await startApiWithContainer();
  const { json } = await api.ask("GET", "/containers/web/top?ps_args=aux");
  expect(json).toEqual({ Titles: ["PID"], Processes: [["42"]] });
  expect(api.engine.calls).toContainEqual(["top", "web", "aux"]);
});

test("GET /containers/{id}/why tells", async () => {
  await using api = await startApiWithContainer();
  const { json } = await api.ask("GET", "/containers/web/why");
  expect(json).toMatchObject({ Id: ID, Name: "web", What: "It runs.", Why: [], Signal: "" });
});

describe("update", () => {
  test("reads limits, and takes zeros for what stays", async () => {
    await using api = await startApiWithContainer();
    const body = {
      Memory: 64 << 20,
      MemorySwap: -1,
      NanoCpus: 5e8,
      PidsLimit: 0,
      CpuShares: 0,
      Devices: [],
      KernelMemory: 0,
      RestartPolicy: { Name: "", MaximumRetryCount: 0 },
    };
    const { status, json } = await api.ask("POST", "/containers/web/update", body);
    expect([status, json]).toEqual([200, { Warnings: null }]);
    const resources = {
      memory: { limit: 64 << 20, swap: -1 },
      cpu: { quota: 50_000, period: 100_000 },
      pids: { limit: 0 },
    };
    const asked = { Memory: 64 << 20, MemorySwap: -1, NanoCpus: 5e8, PidsLimit: 0 };
    expect(api.engine.calls).toContainEqual(["updateLimits", "web", { resources, asked }]);
  });

  test.each([
    [{ KernelMemory: 1 }, "KernelMemory cannot be changed after a container was created"],
    [{ Devices: [{}], devices: [{ PathOnHost: "/dev/x" }] }, "cannot be changed"],
    [{ Memory: "64m" }, "cannot unmarshal string"],
    [{ BlkioWeight: 5 }, "Range of blkio weight is from 10 to 1000"],
  ])("refuses %p", async (body, message) => {
    await using api = await startApiWithContainer();
    const { status, text } = await api.ask("POST", "/containers/web/update", body);
    expect(status).toBe(400);
    expect(text).toContain(message);
    expect(api.engine.calls.map(([name]) => name)).not.toContain("updateLimits");
  });
});
