// The daemon is killed again and again while clients make, start, use, stop and remove containers. What a
// client was told has happened, has happened; what it was not told has happened wholly or not at all.

import { expect, setDefaultTimeout } from "bun:test";
import { againAndAgain } from "../support/again-and-again.ts";
import { type ApiAnswer, ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { testAsRoot as test } from "../support/test-if.ts";

const SEED = 11;
const LEAST_KILLS = 20;
const CLIENTS = 6;
/** How many containers a client has at the same time. */
const CONTAINERS = 3;
/** How many answers there are before the daemon is killed, at most. */
const ANSWERS = 40;
const KILLED = 137;
const NOT_STARTED = 128;

// A machine of which others take their share needs half a minute for each.
setDefaultTimeout(LEAST_KILLS * 60_000);

/** What a client knows of something that it asked for: `maybe` is asked for and not answered. */
type Known = "no" | "maybe" | "yes";

/** A container as its client knows it. */
class Fate {
  readonly name: string;
  /** How it ends by itself; undefined: it does not. */
  readonly exitCode: number | undefined;
  created: Known = "no";
  started: Known = "no";
  stopped: Known = "no";
  removed: Known = "no";
  /** How it was found to have ended: its exit code, and what it had said. */
  end: string | undefined;

  constructor(name: string, exitCode: number | undefined) {
    this.name = name;
    this.exitCode = exitCode;
  }

  get command(): readonly string[] {
    return this.exitCode === undefined
      ? ["sleep", "1000"]
      : ["sh", "-c", `echo ${this.name}; exit ${this.exitCode}`];
  }
}

type Deed = "created" | "started" | "stopped" | "removed";

/** A client that works on containers of its own until its connection breaks. */
class Client {
  readonly #user: ApiUser;
  readonly #random: Random;
  readonly #number: number;
  #count = 0;
  fates: readonly Fate[] = [];

  constructor(user: ApiUser, number: number) {
    this.#user = user;
    this.#number = number;
    this.#random = randomFrom(SEED + number);
  }

  /** Ends when the daemon does; an answer that makes no sense is thrown. */
  async work(onAnswer: () => void): Promise<void> {
    while (await this.#step()) onAnswer();
  }

  async #step(): Promise<boolean> {
    if (this.fates.length < CONTAINERS) return this.#create();
    const fate = this.#random.pick(this.fates);
    const path = `/containers/${fate.name}`;
    if (fate.started === "no") return this.#do(fate, "started", { path: `${path}/start` });
    const isLasting = fate.exitCode === undefined && fate.stopped === "no";
    switch (this.#random.below(isLasting ? 4 : 2)) {
      case 0:
        return this.#do(fate, "removed", { path: `${path}?force=1` });
      case 1:
        return this.#do(fate, "stopped", { path: `${path}/stop` });
      default:
        return this.#exec(fate);
    }
  }

  async #create(): Promise<boolean> {
    this.#count += 1;
    const name = `c${this.#number}-${this.#count}`;
    const exitCode = this.#random.below(2) === 0 ? undefined : this.#random.below(100);
    const fate = new Fate(name, exitCode);
    this.fates = [...this.fates, fate];
    const body = { Image: "busybox", Cmd: fate.command, StopSignal: "SIGKILL" };
    return this.#do(fate, "created", { path: `/containers/create?name=${name}`, body });
  }

  async #do(
    fate: Fate,
    deed: Deed,
    { path, body }: { readonly path: string; readonly body?: object },
  ): Promise<boolean> {
    fate[deed] = "maybe";
    const answer = await this.#ask(deed === "removed" ? "DELETE" : "POST", path, body);
    if (answer === undefined) return false;
    // 304: it has ended by itself, or is stopped already.
    if (answer.status >= 400) throw new Error(`${path}: ${answer.status} ${answer.message}`);
    fate[deed] = "yes";
    this.fates = this.fates.filter(({ removed }) => removed !== "yes");
    return true;
  }

  async #exec({ name }: Fate): Promise<boolean> {
    const body = { Cmd: ["sh", "-c", "exit 5"], AttachStdout: true };
    const made = await this.#ask("POST", `/containers/${name}/exec`, body);
    if (made === undefined) return false;
    const { Id } = JSON.parse(made.text);
    const ran = await this.#ask("POST", `/exec/${Id}/start`, {});
    if (ran === undefined) return false;
    const shown = await this.#ask("GET", `/exec/${Id}/json`);
    if (shown === undefined) return false;
    expect(JSON.parse(shown.text).ExitCode).toBe(5);
    return true;
  }

  async #ask(method: string, path: string, body?: object): Promise<ApiAnswer | undefined> {
    try {
      return await this.#user.ask(method, path, body);
    } catch {
      // The daemon has been killed.
      return undefined;
    }
  }
}

test("kill -9, again and again under load: nothing is lost, doubled or told wrongly", async () => {
  await using daemon = await TestDaemon.startWithBusybox();
  const user = new ApiUser(daemon);
  const clients = Array.from({ length: CLIENTS }, (_, number) => new Client(user, number));
  const random = randomFrom(SEED);
  await againAndAgain("kill under load", LEAST_KILLS, async () => {
    await killUnderLoad(daemon, clients, random.below(ANSWERS));
    await daemon.startAgain();
    await expectAsKnown(user, clients);
  });
});

async function killUnderLoad(
  daemon: TestDaemon,
  clients: readonly Client[],
  answers: number,
): Promise<void> {
  const enough = Promise.withResolvers<void>();
  let count = 0;
  const onAnswer = () => {
    count += 1;
    if (count > answers) enough.resolve();
  };
  const work = Promise.all(clients.map((client) => client.work(onAnswer)));
  await Promise.race([enough.promise, work]);
  await daemon.kill();
  await work;
}

interface Row {
  readonly Id: string;
  readonly Names: readonly string[];
}

/** Holds what there is against what the clients know, and tells them what they could not know. */
async function expectAsKnown(user: ApiUser, clients: readonly Client[]): Promise<void> {
  const rows: readonly Row[] = await user.json("GET", "/containers/json?all=1");
  const ids = new Map(rows.map(({ Id, Names }) => [Names[0]?.slice(1) ?? "", Id]));
  expect(ids.size).toBe(rows.length);
  for (const client of clients) {
    const kept = client.fates.filter(({ name }) => ids.has(name));
    const lost = client.fates.filter(({ name }) => !ids.has(name));
    for (const { created, removed } of lost) expect([created, removed]).toContain("maybe");
    await Promise.all(kept.map((fate) => expectSurvived(user, fate)));
    client.fates = kept;
    for (const { name } of kept) ids.delete(name);
  }
  expect([...ids.keys()]).toEqual([]);
}

async function expectSurvived(user: ApiUser, fate: Fate): Promise<void> {
  const { name, exitCode } = fate;
  // One that ends by itself may be at it still; wait() answers at once where nothing runs.
  const endsSoon = exitCode !== undefined && (await user.inspect(name)).State.Running;
  if (endsSoon) await user.wait(name);
  const { Status, ExitCode, Error: why } = (await user.inspect(name)).State;
  expect(possibleStates(fate), `${name}: ${why}`).toContain(Status);
  if (Status === "exited") {
    const { text } = await user.ask("GET", `/containers/${name}/logs?stdout=1`);
    const end = `${ExitCode} ${text.slice(8)}`;
    expect(possibleEnds(fate), `${name}: ${why}`).toContain(end);
    fate.end = end;
  }
  Object.assign(fate, { created: "yes", removed: "no" });
  fate.started = Status === "created" ? "no" : "yes";
  fate.stopped = Status === "exited" ? "yes" : "no";
}

function possibleStates(fate: Fate): readonly string[] {
  const { exitCode, started, stopped } = fate;
  const isLasting = exitCode === undefined && started === "yes" && !mayBeKilled(fate);
  return [
    ...(started === "yes" ? [] : ["created"]),
    ...(started === "no" || stopped === "yes" || exitCode !== undefined ? [] : ["running"]),
    ...(started === "no" || isLasting ? [] : ["exited"]),
  ];
}

/** Exit codes, and what was said until then. */
function possibleEnds(fate: Fate): readonly string[] {
  const { exitCode, name, started, end } = fate;
  if (end !== undefined) return [end];
  const killed = [`${KILLED} `, ...(exitCode === undefined ? [] : [`${KILLED} ${name}\n`])];
  return [
    ...(exitCode === undefined ? [] : [`${exitCode} ${name}\n`]),
    ...(mayBeKilled(fate) ? killed : []),
    ...(started === "maybe" ? [`${NOT_STARTED} `] : []),
  ];
}

function mayBeKilled({ stopped, removed }: Fate): boolean {
  return stopped !== "no" || removed !== "no";
}
