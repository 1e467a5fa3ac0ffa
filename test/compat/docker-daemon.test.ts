// skopeo, buildah and podman with images of a daemon: `docker-daemon:`.

import { expect } from "bun:test";
import { TestDaemon } from "../support/daemon.ts";
import { mustRun } from "../support/run-program.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const isRoot = process.getuid?.() === 0;
const testWith = (program: string) =>
  testIf(isRoot && Bun.which(program) !== null, `no ${program}, or not root`);

/** In every example an image goes out of the daemon, comes back under another name, and runs. */
async function expectToRun(daemon: TestDaemon, name: string): Promise<void> {
  const ran = await daemon.docker(["run", "--rm", "--network", "none", name, "echo", "runs"]);
  expect(ran).toEqual({ status: 0, stdout: "runs\n", stderr: "" });
}

testWith("skopeo")("skopeo copies images out of a daemon and into it", async () => {
  await using daemon = await TestDaemon.startWithBusybox();
  using work = new TemporaryDirectory();
  const source = ["--src-daemon-host", daemon.host, "docker-daemon:busybox:latest"];
  const target = ["--dest-daemon-host", daemon.host, "docker-daemon:copied:1"];
  await mustRun(["skopeo", "copy", ...source, `oci:${work.path}/layout:1`]);
  await mustRun(["skopeo", "copy", `oci:${work.path}/layout:1`, ...target]);
  const inspect = ["skopeo", "inspect", "--daemon-host", daemon.host, "docker-daemon:copied:1"];
  const { Layers } = JSON.parse(await mustRun(inspect)) as { readonly Layers: readonly string[] };
  expect(Layers).toHaveLength(1);
  await expectToRun(daemon, "copied:1");
});

testWith("buildah")("buildah starts from an image of a daemon, and commits into it", async () => {
  await using daemon = await TestDaemon.startWithBusybox();
  using work = new TemporaryDirectory();
  await runWithSocket(
    daemon,
    work,
    `b() { buildah --root $W/root --runroot $W/run --storage-driver vfs "$@"; }
     c=$(b from --quiet docker-daemon:busybox:latest)
     printf made > $W/file && b copy --quiet $c $W/file /made
     b commit --quiet $c docker-daemon:committed:1`,
  );
  await expectToRun(daemon, "committed:1");
  const shown = await daemon.docker([
    "run",
    "--rm",
    "--network=none",
    "committed:1",
    "cat",
    "/made",
  ]);
  expect(shown.stdout).toBe("made");
});

testWith("podman")("podman pulls an image from a daemon, and pushes it back", async () => {
  await using daemon = await TestDaemon.startWithBusybox();
  using work = new TemporaryDirectory();
  await runWithSocket(
    daemon,
    work,
    `p() { podman --root $W/root --runroot $W/run --storage-driver vfs "$@"; }
     p pull --quiet docker-daemon:busybox:latest
     p push --quiet busybox:latest docker-daemon:pushed:1`,
  );
  await expectToRun(daemon, "pushed:1");
});

/** Runs a script where the daemon's socket is Docker's own: these programs take no other. */
async function runWithSocket(
  daemon: TestDaemon,
  work: TemporaryDirectory,
  script: string,
): Promise<void> {
  const place = `
    set -e
    mkdir $W/var-run && touch $W/var-run/docker.sock
    mount --bind ${daemon.socket} $W/var-run/docker.sock
    mount --rbind $W/var-run /run`;
  // All of these mounts go with their namespace.
  const command = ["unshare", "--mount", "sh", "-c", `${place}\n${script}`];
  await mustRun(command, { env: { W: work.path } });
}
