import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureBusyboxArchive } from "../test/support/busybox-image.ts";
import { mustRun } from "../test/support/run-program.ts";
import { waitUntil } from "../test/support/wait-until.ts";
import { makeGround } from "./ground.ts";
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
  /** Ends it and starts it again, until it answers. */
  restart(): Promise<void>;
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

async function startDaemon(kind: DaemonKind): Promise<Daemon> {
  const home = await mkdtemp("/var/tmp/sb-");
  const socket = join(home, "s.sock");
  const host = `unix://${socket}`;
  const ground = await makeGround();
  const process = new DaemonProcess([...ground.enter, ...kind.argv(home, socket)], {
    name: kind.name,
    home,
    socket,
  });
  await process.start();
  const startMegabytes = await residentMegabytes(process.pid);
  const image = await ensureBusyboxArchive();
  await mustRun(["docker", "--host", host, "import", "--change", 'CMD ["sh"]', image, "busybox"]);

  return {
    name: kind.name,
    command: [...kind.command, "--host", host],
    host,
    socket,
    get pid() {
      return process.pid;
    },
    startMegabytes,
    async restart() {
      await process.stop();
      await process.start();
    },
    async [Symbol.asyncDispose]() {
      await removeContainers(host);
      await process.stop();
      await ground[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A daemon's process, from one start to the next. */
class DaemonProcess {
  readonly #command: readonly string[];
  readonly #about: { readonly name: string; readonly home: string; readonly socket: string };
  #child: Bun.Subprocess | undefined;
  #pid = 0;

  constructor(
    command: readonly string[],
    about: { readonly name: string; readonly home: string; readonly socket: string },
  ) {
    this.#command = command;
    this.#about = about;
  }

  get pid(): number {
    return this.#pid;
  }

  /** Ends when it answers. */
  async start(): Promise<void> {
    const { name, home, socket } = this.#about;
    const log = Bun.file(join(home, "log"));
    const child = Bun.spawn([...this.#command], { stdin: "ignore", stdout: log, stderr: log });
    this.#child = child;
    await waitUntil(`${name} answers`, async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${await log.text()}`);
      return isAnswering(socket);
    });
    this.#pid = Number(await readFile(join(home, "pid"), "utf8"));
  }

  async stop(): Promise<void> {
    this.#child?.kill("SIGTERM");
    await this.#child?.exited;
  }
}

/** What cases left between their rounds: containers outlive sampan's daemon. */
async function removeContainers(host: string): Promise<void> {
  const ids = (await mustRun(["docker", "--host", host, "ps", "--all", "--quiet"])).trim();
  if (ids !== "") await mustRun(["docker", "--host", host, "rm", "--force", ...ids.split("\n")]);
}

async function isAnswering(socket: string): Promise<boolean> {
  try {
    return (await fetch("http://localhost/_ping", { unix: socket })).ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}
