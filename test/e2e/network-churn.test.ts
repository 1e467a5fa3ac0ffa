// Many at once: what is given out is never given twice, and all of it comes back.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { againAndAgain } from "../support/again-and-again.ts";
import { NetworkUser } from "../support/network-user.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

let user: NetworkUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  user = await NetworkUser.start();
});
afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
});

const SEED = 4;
const BOXES = 50;
const LEAST_ROUNDS = 5;
const STEPS = 4;
const NETWORKS = ["red", "green", "blue"];

/** What one client asks of one container; what was asked before may have made it senseless. */
function anyStep(random: Random, box: string): readonly [path: string, body?: object] {
  const network = random.pick(NETWORKS);
  return random.pick<readonly [path: string, body?: object]>([
    [`/networks/${network}/connect`, { Container: box }],
    [`/networks/${network}/disconnect`, { Container: box }],
    [`/containers/${box}/start`],
    [`/containers/${box}/stop?t=0`],
    [`/containers/${box}/restart?t=0`],
  ]);
}

/** Done, done before, or refused as it makes no sense now. */
const SENSIBLE: ReadonlySet<number> = new Set([200, 204, 304, 403, 409]);

async function churn(boxes: readonly string[], seed: number, onAnswer = () => {}): Promise<void> {
  const workers = boxes.map(async (box, index) => {
    const random = randomFrom(seed * 1000 + index);
    for (let step = 0; step < STEPS; step += 1) {
      const [path, body] = anyStep(random, box);
      const { status, message } = await user.ask("POST", path, body);
      if (!SENSIBLE.has(status)) throw new Error(`${path}: ${status} ${message}`);
      onAnswer();
    }
  });
  await Promise.all(workers);
}

interface Place {
  readonly box: string;
  readonly pid: number;
  readonly network: string;
  readonly address: string;
}

/** The places of containers that run, as their inspect shows them. */
async function listPlaces(boxes: readonly string[]): Promise<readonly Place[]> {
  const shown = await Promise.all(boxes.map((box) => user.inspect(box)));
  return shown.flatMap(({ Id, State, NetworkSettings }) =>
    Object.entries<{ readonly IPAddress: string }>(NetworkSettings.Networks)
      .filter(([, { IPAddress }]) => IPAddress !== "")
      .map(([network, { IPAddress }]) => ({
        box: Id,
        pid: State.Pid,
        network,
        address: IPAddress,
      })),
  );
}

/** The addresses that the kernel has in a container. */
function addressesIn(pid: number): readonly string[] {
  const command = ["nsenter", "-t", String(pid), "-n", "ip", "-o", "-4", "addr"];
  const text = Bun.spawnSync(command).stdout.toString();
  return [...text.matchAll(/ inet (\S+)\//g)]
    .map(([, address = ""]) => address)
    .filter((address) => address !== "127.0.0.1")
    .sort();
}

async function expectPlacesAreRight(boxes: readonly string[]): Promise<readonly Place[]> {
  const places = await listPlaces(boxes);
  const addresses = places.map(({ address }) => address);
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const name of NETWORKS) {
    const { Containers } = await user.network(name);
    const there = Object.entries<{ readonly IPv4Address: string }>(Containers);
    expect(there.map(([id, { IPv4Address }]) => `${id} ${IPv4Address}`).sort()).toEqual(
      places
        .filter(({ network }) => network === name)
        .map(({ box, address }) => `${box} ${address}/26`)
        .sort(),
    );
  }
  return places;
}

/** Each container that has a place has the addresses that it shows, and no others. */
function expectKernelHas(places: readonly Place[]): void {
  for (const pid of new Set(places.map((place) => place.pid))) {
    const expected = places.filter((place) => place.pid === pid).map(({ address }) => address);
    expect(addressesIn(pid)).toEqual(expected.sort());
  }
}

/** 61 addresses each: enough for all, and few enough for one that is lost to be missed. */
async function createNetworks(): Promise<void> {
  for (const [index, name] of NETWORKS.entries()) {
    await user.createSubnet(name, `10.9.${index}.0/26`);
  }
}

function hostLinks(): readonly string[] {
  return user.host.exec("ip", "-o", "link").match(/smp[0-9a-f]{12}/g) ?? [];
}

describe("fifty containers at once", () => {
  test("connect, disconnect, start and stop: no address is doubled, and none is lost", async () => {
    await createNetworks();
    const boxes = await Promise.all(Array.from({ length: BOXES }, () => user.box()));
    await Promise.all(boxes.map((box) => user.disconnect("bridge", box)));
    let places: readonly Place[] = [];
    await againAndAgain("churn", LEAST_ROUNDS, async (round) => {
      await churn(boxes, SEED + round);
      places = await expectPlacesAreRight(boxes);
    });
    expectKernelHas(places);
    await waitUntil("links are those of containers", () => hostLinks().length === places.length);

    await Promise.all(boxes.map((box) => user.ask("POST", `/containers/${box}/stop?t=0`)));
    await waitUntil("all links are gone", () => hostLinks().length === 0);
    // All of them fit on one network only if nothing is held for anybody any more.
    await Promise.all(
      boxes.map((box) => user.ask("POST", "/networks/red/connect", { Container: box })),
    );
    await Promise.all(boxes.map((box) => user.start(box)));
    const { Containers } = await user.network("red");
    expect(Object.keys(Containers).length).toBe(BOXES);
    await user.removeBoxes(...boxes);
    await user.removeNetwork(...NETWORKS);
  });

  test("a kill -9 of the daemon in the midst of it: what is shown is what is there", async () => {
    await createNetworks();
    const boxes = await Promise.all(Array.from({ length: 20 }, () => user.runBox()));
    for (let round = 0; round < 3; round += 1) {
      let count = 0;
      const work = churn(boxes, SEED + round, () => (count += 1)).then(
        () => "done",
        () => "cut off",
      );
      await waitUntil("some of it is done", () => count >= 15);
      await user.daemon.kill();
      expect(await work).toBe("cut off");
      await user.daemon.startAgain();
      const places = await listPlaces(boxes);
      expect(new Set(places.map(({ address }) => address)).size).toBe(places.length);
      expectKernelHas(places);
      await waitUntil("links are those of containers", () => hostLinks().length === places.length);
    }
    await user.removeBoxes(...boxes);
    await user.removeNetwork(...NETWORKS);
  });

  test("start on a network that is removed meanwhile: it is there with all, or they say why not", async () => {
    for (let round = 0; round < 5; round += 1) {
      await user.createNetwork("vanishing");
      const boxes = await Promise.all(
        Array.from({ length: 8 }, () => user.box({ network: "vanishing" })),
      );
      const answers = await Promise.all([
        ...boxes.map((box) => user.ask("POST", `/containers/${box}/start`)),
        user.ask("DELETE", "/networks/vanishing"),
      ]);
      const removal = answers.pop();
      const starts = answers.map(({ status }) => status);
      if (removal?.status === 204) {
        expect(starts).toEqual(boxes.map(() => 404));
      } else {
        expect(removal?.status).toBe(403);
        for (const status of starts) expect(status).toBe(204);
        expect(Object.keys((await user.network("vanishing")).Containers).length).toBe(8);
      }
      await user.removeBoxes(...boxes);
      await user.ask("DELETE", "/networks/vanishing");
    }
    await waitUntil("all links are gone", () => hostLinks().length === 0);
  });

  test("networks with the same subnet, name or bridge: one of those that ask at once has it", async () => {
    const create = (body: object) => user.ask("POST", "/networks/create", body);
    const IPAM = { Config: [{ Subnet: "10.8.0.0/16" }] };
    const bridge = { "com.docker.network.bridge.name": "only-one" };
    const asked: readonly ((index: number) => object)[] = [
      (index) => ({ Name: `overlap${index}`, IPAM }),
      () => ({ Name: "same" }),
      (index) => ({ Name: `bridge${index}`, Options: bridge }),
    ];
    for (const bodyOf of asked) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => create(bodyOf(index))),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 201).length).toBe(1);
      expect(statuses.filter((status) => status === 403 || status === 409).length).toBe(9);
      await user.json("POST", "/networks/prune");
    }
  });

  test("networks that are made and removed leave their subnets to others", async () => {
    const made = await Promise.all(
      Array.from({ length: 25 }, (_, index) => user.createNetwork(`many${index}`)),
    );
    const subnets = await Promise.all(
      made.map(async (id) => (await user.network(id)).IPAM.Config[0].Subnet),
    );
    expect(new Set(subnets).size).toBe(25);
    await Promise.all(made.map((id) => user.removeNetwork(id)));
    await user.createNetwork("after");
    expect(subnets).toContain((await user.network("after")).IPAM.Config[0].Subnet);
    await user.removeNetwork("after");
  });
});

describe("where every tenth packet is lost", () => {
  test("names are found and ports answer, if later", async () => {
    await user.createSubnet("lossy", "10.7.0.0/24");
    const server = await user.runBox({
      name: "server",
      network: "lossy",
      host: { PortBindings: { "80/tcp": [{ HostPort: "8080" }] } },
      line: "head -c 300000 /dev/zero | tr '\\0' x > /tmp/big; exec httpd -f -p 80 -h /tmp",
    });
    const client = await user.runBox({ network: "lossy" });
    const rules = [
      "add table netdev loss",
      ...hostLinks().flatMap((link, index) => [
        `add chain netdev loss in${index} { type filter hook ingress device ${link} priority 0; }`,
        `add rule netdev loss in${index} numgen random mod 10 0 counter drop`,
      ]),
    ];
    user.host.exec("nft", rules.join("; "));
    const size = "wget -q -O - http://server/big | wc -c";
    const answers = await Promise.all(Array.from({ length: 4 }, () => user.shell(client, size)));
    expect(answers).toEqual(answers.map(() => "300000"));
    const command = ["nsenter", `--net=${user.host.path}`, process.execPath, "-e"];
    const fetching = Bun.spawn([
      ...command,
      "process.stdout.write(String((await (await fetch('http://127.0.0.1:8080/big')).text()).length))",
    ]);
    expect(await fetching.stdout.text()).toBe("300000");
    expect(user.host.exec("nft", "list", "table", "netdev", "loss")).toMatch(/packets [1-9]/);
    user.host.exec("nft", "delete", "table", "netdev", "loss");
    await user.removeBoxes(server, client);
    await user.removeNetwork("lossy");
  });
});
