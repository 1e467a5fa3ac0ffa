import { expect } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { testIf } from "../support/test-if.ts";

const test = testIf(process.getuid?.() === 0, "not root");

test("the check of a living daemon finds damage beside a running container, and mends it", async () => {
  await using daemon = await TestDaemon.startWithBusybox();
  const user = new ApiUser(daemon);
  const id = await user.run("sleep 1000");
  const clean = await daemon.sampan(["system", "check", "--deep"]);
  expect([clean.status, clean.stdout]).toEqual([
    0,
    "Checked 0 blobs, 1 layers, 1 images, 1 snapshots, 0 mounts.\nNothing is wrong.\n",
  ]);

  // Two things that nobody knows: one on the disk, and a mount on another.
  const orphan = join(daemon.dataRoot, "layers/999/diff");
  mkdirSync(orphan, { recursive: true });
  const mounted = join(daemon.dataRoot, "containers", "e".repeat(64));
  mkdirSync(mounted);
  await Bun.$`mount -t tmpfs none ${mounted}`;
  const found = await daemon.sampan(["system", "check"]);
  expect(found.status).toBe(1);
  for (const kind of ["layer-orphaned", "mount-left", "container-orphaned"]) {
    expect(found.stdout).toContain(`${kind}: `);
  }
  const mended = await daemon.sampan(["system", "check", "--repair"]);
  expect([mended.status, mended.stdout.includes("3 things are wrong; 3 mended.")]).toEqual([
    0,
    true,
  ]);
  expect((await daemon.sampan(["system", "check", "--deep"])).status).toBe(0);
  expect((await user.inspect(id)).State.Running).toBe(true);
  expect((await daemon.sampan(["exec", id, "echo", "lives"])).stdout).toBe("lives\n");
});

test("a layer that nothing can make again is told of with its image, while it runs", async () => {
  await using daemon = await TestDaemon.startWithBusybox();
  const [key = ""] = readdirSync(join(daemon.dataRoot, "layers")).filter((name) => name !== "0");
  writeFileSync(join(daemon.dataRoot, "layers", key, "recipe"), "nonsense");
  const { status, stdout } = await daemon.sampan(["system", "check", "--deep", "--repair"]);
  expect(status).toBe(1);
  expect(stdout).toContain("layer-damaged: sha256:");
  expect(stdout).toContain("-> remove busybox:latest with rmi, and pull or load it again");
});
