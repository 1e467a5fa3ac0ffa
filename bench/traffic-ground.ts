import { mustRun } from "../test/support/run-program.ts";
import type { Daemon } from "./daemons.ts";

/** The host's end of the cable, and the client's. */
const HOST_ADDRESS = "192.0.2.1";
const CLIENT_ADDRESS = "192.0.2.2";
const CABLE = "bench0";

/** A program that others are connected to. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
}

/** Starts a program and waits until it has said something with this word. */
export async function startServer(command: readonly string[], word: string): Promise<Server> {
  const child = Bun.spawn([...command], { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  let said = "";
  for await (const bytes of child.stdout) {
    said += Buffer.from(bytes).toString();
    if (said.includes(word)) break;
  }
  if (!said.includes(word)) throw new Error(`${command.join(" ")} ended: ${said}`);
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child.exited;
    },
  };
}

/** The command before a program that is to run in the network namespace of a process. */
export function within(pid: number | string): readonly string[] {
  return ["nsenter", `--net=/proc/${pid}/ns/net`];
}

/** Another host, by a cable to that of a daemon. */
export interface OtherHost extends AsyncDisposable {
  /** The command before a program that is to run there. */
  readonly enter: readonly string[];
  /** The daemon's host, as seen from there. */
  readonly address: string;
}

export async function connectHost({ pid }: Daemon): Promise<OtherHost> {
  const holder = ["unshare", "--net", "sh", "-c", "echo ready && exec sleep infinity"];
  const host = await startServer(holder, "ready");
  const here = within(pid);
  const there = within(host.pid);
  const ip = (where: readonly string[], ...args: readonly string[]) =>
    mustRun([...where, "ip", ...args]);
  const ends = ["type", "veth", "peer", "name", CABLE, "netns", String(host.pid)];
  await ip(here, "link", "add", CABLE, ...ends);
  await ip(here, "address", "add", `${HOST_ADDRESS}/24`, "dev", CABLE);
  await ip(there, "address", "add", `${CLIENT_ADDRESS}/24`, "dev", CABLE);
  for (const where of [here, there]) await ip(where, "link", "set", CABLE, "up");
  return {
    enter: there,
    address: HOST_ADDRESS,
    [Symbol.asyncDispose]: async () => {
      await ip(here, "link", "delete", CABLE);
      await host[Symbol.asyncDispose]();
    },
  };
}
