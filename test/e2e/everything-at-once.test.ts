// Many clients ask for everything at the same time, of a few containers that all of them share. Whatever
// the order: each request is answered, none is an error of ours, and nothing is left half done.

import { afterAll, beforeAll, expect, setDefaultTimeout } from "bun:test";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { testAsRoot as test } from "../support/test-if.ts";

const SEED = 5;
const CLIENTS = 12;
const DEEDS = 250;
const NAMES = ["n0", "n1", "n2", "n3", "n4"];
const PATIENCE_MS = 60_000;

setDefaultTimeout(600_000);

let daemon: TestDaemon;
let user: ApiUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
  user = new ApiUser(daemon);
  await user.json("POST", "/networks/create", { Name: "shared" });
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

/** What is asked for: method, path and body. */
type Request = readonly [method: string, path: string, body?: object];

/** What does not end by itself, and is left after a while. */
interface Watch {
  readonly request: Request;
  readonly isUpgrade?: boolean;
}

const ALL = "filters=%7B%22all%22%3A%5B%221%22%5D%7D";

const COMMANDS = [
  ["sleep", "100"],
  ["sh", "-c", "while :; do echo x; sleep 0.01; done"],
  ["sh", "-c", "sleep 0.1; exit 3"],
  ["cat"],
  ["no-such-program"],
];

function newContainer(random: Random, name: string): Request {
  const policy = random.pick(["no", "no", "always", "on-failure", "unless-stopped"]);
  const body = {
    Image: "busybox",
    Cmd: random.pick(COMMANDS),
    Tty: random.below(3) === 0,
    OpenStdin: random.below(2) === 0,
    StopSignal: random.pick(["SIGKILL", "SIGTERM"]),
    ...(random.below(3) > 0
      ? {}
      : {
          Healthcheck: { Test: ["CMD-SHELL", "exit 0"], Interval: 5e7, Timeout: 1e9, Retries: 1 },
        }),
    HostConfig: {
      RestartPolicy: { Name: policy },
      AutoRemove: policy === "no" && random.below(3) === 0,
      NetworkMode: random.pick(["bridge", "shared", "none", "host"]),
      Binds: random.pick([[], ["shared:/etc"], ["/anonymous"]]),
      PortBindings: random.below(3) === 0 ? { "80/tcp": [{ HostPort: "" }] } : {},
      Init: random.below(2) === 0,
    },
  };
  return ["POST", `/containers/create?name=${name}`, body];
}

/** Those that are answered at once. */
const REQUESTS: readonly ((random: Random, path: string) => Request)[] = [
  (_, path) => ["POST", `${path}/start`],
  (_, path) => ["POST", `${path}/start`],
  (_, path) => ["POST", `${path}/start`],
  (_, path) => ["POST", `${path}/stop?t=0`],
  (_, path) => ["POST", `${path}/restart?t=0`],
  (random, path) => {
    return ["POST", `${path}/kill?signal=${random.pick(["KILL", "TERM", "HUP", "STOP", "CONT"])}`];
  },
  (random, path) => ["POST", `${path}/${random.pick(["pause", "unpause", "unpause"])}`],
  (random, path) => ["POST", `${path}/rename?name=${random.pick(NAMES)}`],
  (random, path) => ["DELETE", `${path}?force=${random.below(2)}&v=1`],
  (random, path) => {
    return ["POST", `${path}/update`, { Memory: (20 + random.below(50)) << 20, MemorySwap: -1 }];
  },
  (random, path) => {
    const body = { Container: path.split("/").at(-1), Force: random.below(2) === 0 };
    const change = random.pick(["connect", "disconnect"]);
    return ["POST", `/networks/${random.pick(["shared", "bridge"])}/${change}`, body];
  },
  (random, path) => {
    return ["POST", `/commit?container=${path.split("/").at(-1)}&repo=made&tag=${random.below(3)}`];
  },
  (random) => ["DELETE", `/images/made:${random.below(3)}?force=1`],
  (_, path) => ["GET", `${path}/logs?stdout=1&stderr=1&tail=10`],
  (_, path) => ["GET", `${path}/stats?stream=0&one-shot=1`],
  (_, path) => ["GET", `${path}/top`],
  (_, path) => ["GET", `${path}/changes`],
  (_, path) => ["GET", `${path}/archive?path=/etc/passwd`],
  (_, path) => ["HEAD", `${path}/archive?path=/etc`],
  (_, path) => ["GET", `${path}/json?size=1`],
  (_, path) => ["GET", `${path}/why`],
  () => ["GET", "/containers/json?all=1&size=1"],
  () => ["GET", "/system/df"],
  () => ["GET", "/networks/shared"],
  () => ["POST", "/containers/prune"],
  () => ["POST", `/volumes/prune?${ALL}`],
  () => ["POST", "/networks/prune"],
  () => ["POST", "/networks/create", { Name: "shared" }],
];

/** Those that go on until somebody leaves. */
const WATCHES: readonly ((random: Random, path: string) => Watch)[] = [
  (random, path) => {
    return { request: ["GET", `${path}/logs?stdout=1&follow=1&tail=${random.below(10)}`] };
  },
  (_, path) => ({ request: ["GET", `${path}/stats`] }),
  (_, path) => ({ request: ["GET", `${path}/export`] }),
  (random, path) => {
    const logs = random.below(2);
    const attach = `${path}/attach?stream=1&stdin=1&stdout=1&logs=${logs}`;
    return { request: ["POST", attach], isUpgrade: true };
  },
  (random, path) => {
    const condition = random.pick(["not-running", "next-exit", "removed"]);
    return { request: ["POST", `${path}/wait?condition=${condition}`] };
  },
];

class Client {
  readonly #random: Random;
  readonly errors: string[] = [];

  constructor(number: number) {
    this.#random = randomFrom(SEED * 1000 + number);
  }

  async work(): Promise<void> {
    for (let deed = 0; deed < DEEDS; deed += 1) await this.#act();
  }

  async #act(): Promise<void> {
    const random = this.#random;
    const name = random.pick(NAMES);
    const path = `/containers/${name}`;
    switch (random.below(10)) {
      case 0:
        return void (await this.#ask(newContainer(random, name)));
      case 1:
        return await this.#exec(path);
      case 2:
        return await this.#watch(random.pick(WATCHES)(random, path));
      default:
        return void (await this.#ask(random.pick(REQUESTS)(random, path)));
    }
  }

  async #exec(path: string): Promise<void> {
    const random = this.#random;
    const Cmd = random.pick([["true"], ["no-such-program"], ["echo", "hi"], ["sleep", "0.2"]]);
    const body = { Cmd, AttachStdout: true, Tty: random.below(2) === 0 };
    const made = await this.#ask(["POST", `${path}/exec`, body]);
    if (made?.status !== 201) return;
    const exec = `/exec/${JSON.parse(made.text).Id}`;
    if (random.below(3) === 0) {
      await this.#watch({ request: ["POST", `${exec}/start`, {}], isUpgrade: true });
    } else {
      await this.#ask(["POST", `${exec}/start`, { Detach: random.below(2) === 0 }]);
    }
    await this.#ask(["GET", `${exec}/json`]);
  }

  /** Leaves after a moment, whatever there was. */
  async #watch({ request: [method, path, body], isUpgrade = false }: Watch): Promise<void> {
    const options = { upgrade: isUpgrade, ...(body === undefined ? {} : { body }) };
    using _stream = await user.open(method, path, options);
    await Bun.sleep(this.#random.below(100));
  }

  async #ask([method, path, body]: Request) {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(late.resolve, PATIENCE_MS);
    const answer = await Promise.race([user.ask(method, path, body), late.promise]);
    clearTimeout(timer);
    if (answer === undefined) this.errors.push(`${method} ${path}: no answer`);
    else if (answer.status >= 500) this.errors.push(`${method} ${path}: ${answer.message}`);
    return answer;
  }
}

test("everything at once: each request is answered, and none with an error of ours", async () => {
  const clients = Array.from({ length: CLIENTS }, (_, number) => new Client(number));
  await Promise.all(clients.map((client) => client.work()));
  expect(clients.flatMap(({ errors }) => errors)).toEqual([]);
  const check = await daemon.sampan(["system", "check"]);
  expect([check.status, check.stdout]).toEqual([0, expect.stringContaining("Nothing is wrong.")]);
  const log = await daemon.readLog();
  expect(log).not.toContain("Background work failed");
  expect(log).not.toContain("garbage collection");
});

test("a program that ends at once ends, whoever attaches while it is being started", async () => {
  for (let round = 0; round < 20; round += 1) {
    const id = await user.create("true");
    const attach = `/containers/${id}/attach?stream=1&stdout=1`;
    const watching = Array.from({ length: 8 }, async (_, place) => {
      await Bun.sleep(place * 2);
      return await user.open("POST", attach, { upgrade: true });
    });
    await user.json("POST", `/containers/${id}/start`);
    for (const stream of await Promise.all(watching)) stream.vanish();
    expect(await user.wait(id)).toBe(0);
    expect((await user.inspect(id)).State).toMatchObject({ Status: "exited", Error: "" });
    await user.remove(id);
  }
});
