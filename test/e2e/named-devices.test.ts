// Devices by name, of the Container Device Interface, as docker's CLI asks for them.

import { expect } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { TestDaemon } from "../support/daemon.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testAsRoot as test } from "../support/test-if.ts";

/** Two devices: one that is all a device can be, and one that the engine cannot do yet. */
function makeFile(library: string): string {
  return `
cdiVersion: 0.7.0
kind: vendor.com/card
containerEdits:
  env: [CARD_VERSION=7]
devices:
  - name: zero
    containerEdits:
      env: [CARD=zero, HOME=/card]
      deviceNodes:
        - {path: /dev/cards/zero, hostPath: /dev/zero, fileMode: 0444}
        - {path: /dev/cards/log, hostPath: /dev/kmsg, permissions: w}
        - {path: /dev/full-card, hostPath: /dev/full}
      mounts:
        - {hostPath: ${library}, containerPath: /usr/lib/card, options: [ro, nosuid, nodev, rbind]}
        - {hostPath: ${library}, containerPath: /etc/hostname.d, options: [rbind]}
      additionalGids: [44]
  - name: hooked
    containerEdits:
      hooks: [{hookName: createContainer, path: /bin/true}]
`;
}

test("a container has what comes with a device that it names, and nobody else has", async () => {
  using home = new TemporaryDirectory();
  const library = join(home.path, "library");
  mkdirSync(library);
  await Bun.write(join(library, "driver"), "driver\n");
  await Bun.write(join(home.path, "card.yaml"), makeFile(library));
  await using daemon = await TestDaemon.startWithBusybox("--cdi-spec-dir", home.path);
  const run = (...args: readonly string[]) =>
    daemon.docker(["run", "--rm", "--network", "none", ...args]);
  const script = `
    head -c 2 /dev/cards/zero | od -An -tx1
    : > /dev/cards/log && echo opened
    (: < /dev/cards/log) 2> /dev/null || echo refused
    echo x > /dev/full-card 2> /dev/null || echo full
    stat -c '%a %u:%g' /dev/cards/zero
    echo $CARD $CARD_VERSION $HOME
    cat /usr/lib/card/driver; touch /usr/lib/card/mine 2>&1
    stat -c %u /usr/lib/card/driver
    id -G`;

  const outcome = await run("--device", "vendor.com/card=zero", "busybox", "sh", "-c", script);
  expect(outcome.stderr).toBe("");
  expect(outcome.stdout.split("\n").map((line) => line.trim())).toEqual([
    "00 00",
    "opened",
    "refused",
    "full",
    "444 0:0",
    "zero 7 /card",
    "driver",
    "touch: /usr/lib/card/mine: Read-only file system",
    "0",
    "0 10 44",
    "",
  ]);
  const user = ["--user", "1000:100", "--device", "vendor.com/card=zero"];
  expect((await run(...user, "busybox", "stat", "-c", "%u:%g", "/dev/cards/zero")).stdout).toBe(
    "1000:100\n",
  );
  expect((await run("busybox", "ls", "/dev/cards")).status).toBe(1);

  expect(await run("--device", "vendor.com/card=nope", "busybox", "true")).toMatchObject({
    status: 125,
    stderr: expect.stringContaining(
      `CDI device injection failed: unresolvable CDI devices vendor.com/card=nope (looked in ${home.path})`,
    ),
  });
  expect((await run("--device", "vendor.com/card=hooked", "busybox", "true")).stderr).toContain(
    "vendor.com/card=hooked wants hooks, which this engine does not do yet",
  );
  expect((await run("--gpus", "all", "busybox", "true")).stderr).toContain(
    'could not select device driver "" with capabilities: [[gpu]]',
  );
  const info = await daemon.docker(["info", "--format", "{{json .CDISpecDirs}}"]);
  expect(info.stdout).toBe(`${JSON.stringify([home.path])}\n`);
  expect((await daemon.sampan(["info"])).stdout).toContain(
    " Discovered Devices:\n  cdi: vendor.com/card=hooked\n  cdi: vendor.com/card=zero\n",
  );
});

test("inspect shows the devices as they were asked for, and explain what comes of them", async () => {
  using home = new TemporaryDirectory();
  await Bun.write(join(home.path, "card.yaml"), makeFile(home.path));
  await using daemon = await TestDaemon.startWithBusybox("--cdi-spec-dir", home.path);
  const asked = ["--name", "player", "--device", "vendor.com/card=zero", "busybox", "true"];
  const created = await daemon.docker(["create", ...asked]);
  expect(created.stderr).toBe("");

  const format = "{{json .HostConfig.DeviceRequests}}";
  const { stdout } = await daemon.docker(["inspect", "--format", format, "player"]);
  expect(JSON.parse(stdout)).toEqual([
    expect.objectContaining({ Driver: "cdi", DeviceIDs: ["vendor.com/card=zero"] }),
  ]);
  const explained = await daemon.sampan(["explain", "run", ...asked.slice(2)]);
  expect(explained.stdout).toContain("/usr/lib/card");
  expect(explained.stdout).toContain("with the devices /dev/cards/zero (c 1:5), /dev/cards/log");
});
