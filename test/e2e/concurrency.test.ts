// Many clients at once, on one container and on many.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

let daemon: TestDaemon;
let user: ApiUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
  user = new ApiUser(daemon);
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

const CLIENTS = 20;
const EXEC = { Cmd: ["echo", "ran"], AttachStdout: true };

describe("clients at once", () => {
  test("start, stop, kill, restart, rename, exec and remove one container: each has an answer", async () => {
    const id = await user.create("exec sleep 100", { StopSignal: "KILL" });
    const actions = (client: number): readonly (readonly [string, string, object?])[] => [
      ["POST", `/containers/${id}/start`],
      ["POST", `/containers/${id}/rename?name=by-${client}`],
      ["POST", `/containers/${id}/exec`, { Cmd: ["true"] }],
      ["POST", `/containers/${id}/restart`],
      ["GET", `/containers/${id}/json`],
      ["POST", `/containers/${id}/stop`],
      ["GET", "/containers/json?all=1"],
      ["POST", `/containers/${id}/kill`],
    ];
    const answers = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, client) => {
        const statuses: number[] = [];
        const list = actions(client);
        for (let step = 0; step < list.length; step += 1) {
          const [method, path, body] = list[(client + step) % list.length] ?? list[0] ?? ["", ""];
          statuses.push((await user.ask(method, path, body)).status);
        }
        return statuses;
      }),
    );
    for (const status of answers.flat()) expect([200, 201, 204, 304, 409]).toContain(status);

    const removals = await Promise.all(
      Array.from({ length: CLIENTS }, () => user.ask("DELETE", `/containers/${id}?force=1`)),
    );
    // One that asks while another's removal is under way gets what it wanted too.
    expect(removals[0]?.status).toBe(204);
    for (const { status } of removals) expect([204, 404]).toContain(status);
    expect(await user.json("GET", "/containers/json?all=1")).toEqual([]);
  });

  test("programs that are started while their container is killed are answered, one and all", async () => {
    const rounds = 25;
    const all: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const id = await user.run("exec sleep 100");
      const execs = Array.from({ length: 8 }, async () => {
        const made = await user.ask("POST", `/containers/${id}/exec`, EXEC);
        if (made.status !== 201) return made.message;
        const ran = await user.ask("POST", `/exec/${JSON.parse(made.text).Id}/start`, {});
        return ran.status === 200 ? ran.text.slice(8).trim() : ran.message;
      });
      await Bun.sleep(round);
      await user.json("POST", `/containers/${id}/kill`);
      const answers = await Promise.all(execs);
      const ended = `container ${id} is not running`;
      for (const answer of answers) expect(["", "ran", ended]).toContain(answer);
      all.push(...answers);
      await user.remove(id);
    }
    expect(all).toContain("ran");
    expect(await daemon.readLog()).not.toContain("Background work failed");
  });

  test("a container that is paused and killed at once has ended", async () => {
    for (let round = 0; round < 30; round += 1) {
      const id = await user.run("sleep 100 & sleep 100 & exec sleep 100");
      const pause = user.ask("POST", `/containers/${id}/pause`);
      await Bun.sleep(round % 3);
      const killed = await user.ask("POST", `/containers/${id}/kill`);
      expect([204, 409]).toContain((await pause).status);
      expect(killed.status).toBe(204);
      expect((await user.inspect(id)).State).toMatchObject({ Status: "exited", ExitCode: 137 });
      await user.remove(id);
    }
  });

  test("one of many that ask for a name gets it", async () => {
    const made = await Promise.all(
      Array.from({ length: CLIENTS }, () =>
        user.ask("POST", "/containers/create?name=wanted", { Image: "busybox" }),
      ),
    );
    expect(made.filter(({ status }) => status === 201).length).toBe(1);
    expect(made.filter(({ status }) => status === 409).length).toBe(CLIENTS - 1);
    await user.remove("wanted");
  });

  test("start of one container by many runs it once", async () => {
    const id = await user.create("echo once; exec sleep 100");
    const starts = await Promise.all(
      Array.from({ length: CLIENTS }, () => user.ask("POST", `/containers/${id}/start`)),
    );
    expect(starts.filter(({ status }) => status === 204).length).toBe(1);
    expect(starts.filter(({ status }) => status === 304).length).toBe(CLIENTS - 1);
    const said = async () => (await user.ask("GET", `/containers/${id}/logs?stdout=1`)).text;
    await waitUntil("it has spoken", async () => (await said()).includes("once"));
    await user.json("POST", `/containers/${id}/kill`);
    await user.wait(id);
    expect((await said()).slice(8)).toBe("once\n");
    await user.remove(id);
  });

  test("fifty run --rm at once: each says its own, and none stays", async () => {
    const runs = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        daemon.sampan(["run", "--rm", "busybox", "sh", "-c", `echo ${index}; exit ${index}`]),
      ),
    );
    for (const [index, { status, stdout, stderr }] of runs.entries()) {
      expect([status, stdout, stderr]).toEqual([index, `${index}\n`, ""]);
    }
    expect(await user.json("GET", "/containers/json?all=1")).toEqual([]);
  });

  test("containers at once have addresses and id ranges of their own", async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => user.run("exec sleep 100")));
    const containers = await Promise.all(ids.map((id) => user.inspect(id)));
    const addresses = containers.map(
      ({ NetworkSettings }) => NetworkSettings.Networks.bridge.IPAddress,
    );
    const maps = await Promise.all(
      containers.map(({ State }) => Bun.file(`/proc/${State.Pid}/uid_map`).text()),
    );
    expect(new Set(addresses).size).toBe(ids.length);
    expect(new Set(maps).size).toBe(ids.length);
    await Promise.all(ids.map((id) => user.remove(id)));
  });

  test("an image is removed and used at once: either works wholly", async () => {
    for (let round = 0; round < 5; round += 1) {
      await user.json("POST", "/images/busybox/tag?repo=contested");
      const [made, removed] = await Promise.all([
        user.ask("POST", "/containers/create", { Image: "contested", Cmd: ["true"] }),
        user.ask("DELETE", "/images/contested"),
      ]);
      expect([201, 404]).toContain(made.status);
      expect([200, 409]).toContain(removed.status);
      if (made.status !== 201) continue;
      const { Id } = JSON.parse(made.text);
      await user.json("POST", `/containers/${Id}/start`);
      expect(await user.wait(Id)).toBe(0);
      await user.remove(Id);
    }
  });
});
