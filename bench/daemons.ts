import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureBusyboxArchive } from "../test/support/busybox-image.ts";
import { mustRun } from "../test/support/run-program.ts";
import { waitUntil } from "../test/support/wait-until.ts";
import { residentMegabytes } from "./memory.ts";

const SAMPAN = join(import.meta.dir, "../bin/sampan");

/** A daemon that speaks Docker's API, with an image `busybox`. */
export interface Daemon extends AsyncDisposable {
  readonly name: string;
  readonly host: string;
  readonly socket: string;
  readonly pid: number;
  /** What it held before it had done anything. */
  readonly startMegabytes: number;
  /** Its own command line, where it has one beside Docker's. */
  readonly command: readonly string[];
}

interface DaemonKind {
  readonly name: string;
  readonly command: readonly string[];
  /** The command that starts it. */
  argv(home: string, socket: string): readonly string[];
}

const KINDS: readonly DaemonKind[] = [
  {
    name: "sampan",
    command: [SAMPAN],
    argv: (home, socket) => [
      ...[SAMPAN, "daemon", "--data-root", `${home}/data`, "--exec-root", `${home}/exec`],
      ...["--host", `unix://${socket}`, "--pidfile", `${home}/pid`],
    ],
  },
  {
    name: "dockerd",
    command: ["docker"],
    argv: (home, socket) => [
      ...["dockerd", "--data-root", `${home}/data`, "--exec-root", `${home}/exec`],
      ...["--host", `unix://${socket}`, "--pidfile", `${home}/pid`],
    ],
  },
];

/** Starts the daemons that this machine has. */
export async function startDaemons(): Promise<readonly Daemon[]> {
  const daemons: Daemon[] = [];
  for (const kind of KINDS) {
    const isHere = kind.name === "sampan" || Bun.which(kind.name) !== null;
    if (isHere) daemons.push(await startDaemon(kind));
    else console.error(`${kind.name} is left out: it is not installed`);
  }
  return daemons;
}

/**
 * Each gets a network namespace, so that its default bridge and rules are real and yet not the
 * host's, and a mount namespace. Measured: this makes no difference to how fast a container starts.
 */
async function startDaemon(kind: DaemonKind): Promise<Daemon> {
  const home = await mkdtemp("/var/tmp/sb-");
  const socket = join(home, "s.sock");
  const script = 'mount --make-rprivate / && ip link set lo up && exec "$@"';
  const argv = [
    "unshare",
    "--net",
    "--mount",
    "sh",
    "-c",
    script,
    "sh",
    ...kind.argv(home, socket),
  ];
  const log = Bun.file(join(home, "log"));
  const child = Bun.spawn(argv, { stdin: "ignore", stdout: log, stderr: log });
  const host = `unix://${socket}`;

  await waitUntil(`${kind.name} answers`, async () => {
    if (child.exitCode !== null) throw new Error(`${kind.name} ended: ${await log.text()}`);
    return isAnswering(socket);
  });
  const pid = Number(await readFile(join(home, "pid"), "utf8"));
  const startMegabytes = await residentMegabytes(pid);
  const image = await ensureBusyboxArchive();
  await mustRun(["docker", "--host", host, "import", "--change", 'CMD ["sh"]', image, "busybox"]);

  return {
    name: kind.name,
    command: [...kind.command, "--host", host],
    host,
    socket,
    pid,
    startMegabytes,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function isAnswering(socket: string): Promise<boolean> {
  try {
    return (await fetch("http://localhost/_ping", { unix: socket })).ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}
