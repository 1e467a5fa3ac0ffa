import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureBusyboxArchive } from "../test/support/busybox-image.ts";
import { mustRun } from "../test/support/run-program.ts";
import { makeGround } from "./ground.ts";

/** An engine or runtime that has no daemon: how it runs `true` in a new container. */
export interface Runtime extends AsyncDisposable {
  readonly name: string;
  /** Undefined: it makes no network of its own. */
  readonly runOnBridge?: readonly string[];
  /** Of one that has networks by name: how it makes one, and runs with further options there. */
  readonly makeNetwork?: (name: string) => readonly string[];
  readonly runOnNetwork?: (name: string, options: readonly string[]) => readonly string[];
  readonly runWithoutNetwork: readonly string[];
  /** Of one that can pull: its command, in the host's network. */
  readonly command?: readonly string[];
}

/** Prepares those that this machine has. */
export async function prepareRuntimes(): Promise<readonly Runtime[]> {
  const makers = {
    podman: preparePodman,
    runc: () => prepareOci("runc"),
    crun: () => prepareOci("crun"),
  };
  const runtimes: Runtime[] = [];
  for (const [name, prepare] of Object.entries(makers)) {
    if (Bun.which(name) === null) console.error(`${name} is left out: it is not installed`);
    else runtimes.push(await prepare());
  }
  return runtimes;
}

async function preparePodman(): Promise<Runtime> {
  const home = await mkdtemp("/var/tmp/sb-");
  const podman = [
    ...["podman", "--root", `${home}/root`, "--runroot", `${home}/run`, "--tmpdir", `${home}/tmp`],
    ...["--network-config-dir", `${home}/networks`, "--cgroup-manager", "cgroupfs"],
    ...["--events-backend", "file"],
    // Debian's crun refuses a host with both versions of cgroups.
    ...(Bun.which("runc") === null ? [] : ["--runtime", "runc"]),
  ];
  // The defaults ask for more than a root without CAP_SYS_RESOURCE may give.
  const run = ["run", "--rm", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
  await mustRun([...podman, "import", await ensureBusyboxArchive(), "busybox"]);

  const ground = await makeGround();
  const { enter } = ground;
  return {
    name: "podman",
    command: podman,
    runOnBridge: [...enter, ...podman, ...run, "busybox", "true"],
    makeNetwork: (name) => [...enter, ...podman, "network", "create", name],
    runOnNetwork: (name, options) => [
      ...[...enter, ...podman, ...run, "--network", name, ...options],
      ...["busybox", "true"],
    ],
    runWithoutNetwork: [...podman, ...run, "--network", "none", "busybox", "true"],
    [Symbol.asyncDispose]: async () => {
      await ground[Symbol.asyncDispose]();
      await mustRun([...podman, "rm", "--all", "--force"]);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A runtime alone, with an unpacked root: the floor under what an engine can do. */
async function prepareOci(name: string): Promise<Runtime> {
  const home = await mkdtemp("/var/tmp/sb-");
  await mkdir(join(home, "rootfs"));
  await mustRun(["tar", "-C", join(home, "rootfs"), "-xf", await ensureBusyboxArchive()]);
  await mustRun([name, "spec", "--bundle", home]);
  const path = join(home, "config.json");
  const spec = await Bun.file(path).json();
  spec.process.args = ["true"];
  spec.process.terminal = false;
  await Bun.write(path, JSON.stringify(spec));
  return {
    name,
    runWithoutNetwork: [
      name,
      "--root",
      join(home, "state"),
      "run",
      "--bundle",
      home,
      `b${process.pid}`,
    ],
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}
