// What the host has too little of: disk and ids. Each is told, nothing half made stays, and there is a way on.

import { describe, expect } from "bun:test";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { makeTar, tarFile } from "../support/tar.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

describe("ids", () => {
  test("when all ranges are in use create says so, and a removal makes room", async () => {
    await using daemon = await TestDaemon.startWithBusybox("--id-range", "1048576-1179647");
    const user = new ApiUser(daemon);
    const [first] = [await user.create("true"), await user.create("true")];
    const { status, message } = await user.ask("POST", "/containers/create", {
      Image: "busybox",
      Cmd: ["true"],
    });
    expect(status).toBeGreaterThanOrEqual(409);
    expect(message).toContain("--id-range");
    expect((await user.json("GET", "/containers/json?all=1")).length).toBe(2);

    const host = { HostConfig: { UsernsMode: "host" } };
    await user.remove(await user.create("true", host));
    await user.remove(first);
    const id = await user.run("cat /proc/self/uid_map");
    expect(await user.wait(id)).toBe(0);
  });
});

describe("a full disk", () => {
  test("refuses an import, keeps what is there, and takes a smaller one afterwards", async () => {
    using disk = await SmallDisk.mount(24);
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const user = new ApiUser(daemon);
    const before = disk.listFiles();
    const big = new Uint8Array(30 << 20);
    const { status, text } = await user.ask("POST", "/images/create?fromSrc=-&repo=big", big);
    expect(status === 200 ? JSON.parse(text).error : text).toContain("no space left");
    expect(disk.listFiles()).toEqual(before);
    expect((await user.ask("GET", "/images/big/json")).status).toBe(404);
    expect((await daemon.sampan(["run", "--rm", "busybox", "echo", "on"])).stdout).toBe("on\n");
  });

  test("stops a program that fills it, not the daemon; --rm gives the space back", async () => {
    using disk = await SmallDisk.mount(24);
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const fill = ["run", "--rm", "busybox", "sh", "-c", "cat /dev/zero > /fill; echo ended"];
    const { stdout, stderr } = await daemon.sampan(fill);
    expect([stdout, stderr.toLowerCase()]).toEqual([
      "ended\n",
      expect.stringContaining("no space left"),
    ]);
    const room = ["run", "--rm", "busybox", "dd", "if=/dev/zero", "of=/x", "bs=1M", "count=2"];
    expect((await daemon.sampan(room)).status).toBe(0);
  });

  test("a commit and a copy that find no room leave nothing of an image", async () => {
    using disk = await SmallDisk.mount(24);
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const user = new ApiUser(daemon);
    const id = await user.run("head -c 12000000 /dev/urandom > /big");
    await user.wait(id);
    const before = disk.listFiles();
    const { status, message } = await user.ask("POST", `/commit?container=${id}&repo=big`);
    expect(status).toBe(500);
    expect(message).toContain("no space left");
    const isAsBefore = () => disk.listFiles().join() === before.join();
    await waitUntil("what was thrown away is gone", isAsBefore);
    expect((await user.ask("GET", "/images/big/json")).status).toBe(404);

    const archive = await makeTar([tarFile({ name: "more" }, "x".repeat(12_000_000))]);
    const put = { method: "PUT", body: archive };
    const copied = await daemon.fetch(`/containers/${id}/archive?path=/`, put);
    expect([copied.status, await copied.text()]).toEqual([
      500,
      expect.stringContaining("no space left"),
    ]);
    await user.remove(id);
  });

  test("with no byte left, containers are refused or run, and are told of and removed", async () => {
    using disk = await SmallDisk.mount(24);
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const user = new ApiUser(daemon);
    const old = await user.create("echo old");
    const before = disk.listFiles();
    disk.fill();
    const outcomes = await Promise.all(
      Array.from({ length: 3 }, () =>
        user.ask("POST", "/containers/create", { Image: "busybox", Cmd: ["true"] }),
      ),
    );
    for (const { status, text } of outcomes) {
      if (status === 201) await user.remove(JSON.parse(text).Id);
      else expect(text.toLowerCase()).toMatch(/no space left|disk is full/);
    }
    expect((await user.ask("GET", "/_ping")).status).toBe(200);
    expect((await user.inspect(old)).State.Status).toBe("created");

    disk.empty();
    expect(disk.listFiles()).toEqual(before);
    await user.json("POST", `/containers/${old}/start`);
    expect(await user.wait(old)).toBe(0);
  });

  test("with no byte left, the end of a container is told, and known to the next daemon", async () => {
    using disk = await SmallDisk.mount(24);
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const user = new ApiUser(daemon);
    const ids = await Promise.all(Array.from({ length: 5 }, () => user.run("sleep 1000")));
    const pids = await Promise.all(ids.map(async (id) => (await user.inspect(id)).State.Pid));
    disk.fill();
    for (const pid of pids) process.kill(pid, "SIGKILL");
    const ends = () => Promise.all(ids.map((id) => user.wait(id)));
    expect(await ends()).toEqual(ids.map(() => 137));

    await daemon.kill();
    disk.empty();
    await daemon.startAgain();
    expect(await ends()).toEqual(ids.map(() => 137));
  });
});
