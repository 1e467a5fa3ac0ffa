// Pushes that something comes between, and what is kept here for them.

import { expect } from "bun:test";
import { ApiUser } from "../support/api-user.ts";
import { BadRegistry, type BadReply, type BadRequest } from "../support/bad-registry.ts";
import { TestDaemon } from "../support/daemon.ts";
import {
  expectInventory,
  mustPull,
  mustPush,
  push,
  takeInventory,
} from "../support/image-transfer.ts";
import { descriptor, ociFiles } from "../support/image-world.ts";
import {
  gzipLayer,
  type MadeImage,
  makeImage,
  makeIndex,
  putImage,
  zstdLayer,
} from "../support/made-image.ts";
import { IMAGE, LARGE, SMALL } from "../support/pull-ground.ts";
import { hasRegistry, TestRegistry } from "../support/registry.ts";
import { makeTar, tarFile } from "../support/tar.ts";
import { testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const test = testIf(process.getuid?.() === 0 && hasRegistry, "no docker-registry, or not root");

/** A registry that stores what comes, and stops once when a blob has this many bytes. */
class OddStore {
  readonly manifests: Buffer[] = [];
  readonly uploads: Buffer[] = [];
  readonly #stopAt: number;
  readonly #stop: (reply: BadReply) => void | Promise<void>;
  #hasStopped = false;

  constructor(stopAt: number, stop: (reply: BadReply) => void | Promise<void>) {
    this.#stopAt = stopAt;
    this.#stop = stop;
  }

  get hasStopped(): boolean {
    return this.#hasStopped;
  }

  readonly answer = async (request: BadRequest, reply: BadReply): Promise<void> => {
    if (request.path.includes("/manifests/")) return this.#manifest(request, reply);
    const [, number] = /\/uploads\/(\d+)/.exec(request.path) ?? [];
    if (request.method === "HEAD") return reply.send(404);
    if (request.method === "POST") {
      this.uploads.push(Buffer.alloc(0));
      return reply.send(202, { location: `/v2/app/blobs/uploads/${this.uploads.length - 1}` });
    }
    return this.#upload(request, reply, Number(number));
  };

  async #upload(request: BadRequest, reply: BadReply, number: number): Promise<void> {
    this.#store(number, await request.readBody(this.#hasStopped ? undefined : this.#stopAt));
    if (!this.#hasStopped && this.#sizeOf(number) >= this.#stopAt) {
      this.#hasStopped = true;
      await this.#stop(reply);
    }
    this.#store(number, await request.readBody());
    const range = `0-${this.#sizeOf(number) - 1}`;
    const status = { PUT: 201, PATCH: 202 }[request.method] ?? 204;
    reply.send(status, { location: `/v2/app/blobs/uploads/${number}`, range });
  }

  #store(number: number, more: Uint8Array): void {
    this.uploads[number] = Buffer.concat([this.uploads[number] ?? Buffer.alloc(0), more]);
  }

  #sizeOf(number: number): number {
    return this.uploads[number]?.length ?? 0;
  }

  async #manifest(request: BadRequest, reply: BadReply): Promise<void> {
    if (request.method !== "PUT") return reply.send(404);
    this.manifests.push(await request.readBody());
    reply.send(201);
  }
}

async function load(daemon: TestDaemon, image: MadeImage, name: string): Promise<void> {
  const annotations = { "io.containerd.image.name": name };
  const entry = descriptor(image.manifest, { mediaType: image.mediaType, annotations });
  const archive = await makeTar(ociFiles({ manifests: [entry] }, [image.manifest, ...image.blobs]));
  const { text } = await new ApiUser(daemon).ask("POST", "/images/load", archive);
  expect(text).toContain("Loaded image");
}

test("an upload that is cut in the middle goes on", async () => {
  const store = new OddStore(1_000_000, (reply) => reply.cut());
  await using registry = await BadRegistry.start(store.answer);
  await using daemon = await TestDaemon.start();
  await load(daemon, IMAGE, `${registry.host}/app:1`);
  await mustPush(daemon, `${registry.host}/app:1`);
  expect(store.hasStopped).toBe(true);
  expect(store.uploads.some((bytes) => bytes.equals(Buffer.from(LARGE.bytes)))).toBe(true);
  expect(store.manifests.map(String)).toEqual([IMAGE.manifest.toString()]);
});

test("an image that is removed while it is pushed still arrives whole, and then is gone", async () => {
  const gate = Promise.withResolvers<void>();
  const store = new OddStore(1_000_000, () => gate.promise);
  await using registry = await BadRegistry.start(store.answer);
  await using daemon = await TestDaemon.start();
  const api = new ApiUser(daemon);
  const name = `${registry.host}/app:1`;
  await load(daemon, IMAGE, name);
  const pushing = push(daemon, name);
  await waitUntil("the push is in the middle", () => store.hasStopped);
  await api.json("DELETE", `/images/${name}?force=1`);
  gate.resolve();
  const pushed = await pushing;
  expect(pushed.error).toBe("");
  expect(store.uploads.some((bytes) => bytes.equals(Buffer.from(LARGE.bytes)))).toBe(true);
  await expectInventory(daemon);
});

test("a client that leaves ends the push, and the image stays as it was", async () => {
  const store = new OddStore(1_000_000, (reply) => reply.closed());
  await using registry = await BadRegistry.start(store.answer);
  await using daemon = await TestDaemon.start();
  const name = `${registry.host}/app:1`;
  await load(daemon, IMAGE, name);
  const before = takeInventory(daemon);
  const leaving = new AbortController();
  const pushing = push(daemon, name, { signal: leaving.signal }).catch(() => "left");
  await waitUntil("the push is in the middle", () => store.hasStopped);
  leaving.abort();
  expect(await pushing).toBe("left");
  expect(store.manifests).toEqual([]);
  await expectInventory(daemon, before);
});

const KEPT = { auto: 1, always: 2, never: 0 } as const;

for (const [choice, count] of Object.entries(KEPT)) {
  test(`--keep-blobs=${choice} keeps ${count} of the archives of a loaded and a pulled image`, async () => {
    await using registry = await TestRegistry.start();
    await using daemon = await TestDaemon.start("--keep-blobs", choice);
    const loaded = makeImage([zstdLayer(await makeTar([tarFile({ name: "loaded" })]))]);
    const pulled = makeImage([gzipLayer(await makeTar([tarFile({ name: "pulled" })]))]);
    await load(daemon, loaded, `${registry.host}/loaded:1`);
    await putImage(registry, "pulled:1", pulled);
    await mustPull(daemon, `${registry.host}/pulled:1`);
    expect(takeInventory(daemon).blobs.length).toBe(count);
    await mustPush(daemon, `${registry.host}/loaded:1`);
    const sent = await fetch(`${registry.url}/v2/loaded/manifests/1`, {
      headers: { accept: loaded.mediaType },
    });
    const isSame = (await sent.text()) === loaded.manifest.toString();
    expect(isSame).toBe(choice !== "never");
    const api = new ApiUser(daemon);
    for (const { id } of [loaded, pulled]) await api.json("DELETE", `/images/${id}?force=1`);
    await expectInventory(daemon);
  });
}

test("an attestation goes along with its index to another registry", async () => {
  await using first = await TestRegistry.start();
  await using second = await TestRegistry.start();
  await using daemon = await TestDaemon.start();
  const attestation = makeImage([gzipLayer(await makeTar([tarFile({ name: "says" })]))]);
  const image = makeImage([SMALL]);
  const index = makeIndex([
    [image, "linux/amd64"],
    [attestation, { annotations: { "vnd.docker.reference.type": "attestation-manifest" } }],
  ]);
  await putImage(first, "app:1", index);
  await mustPull(daemon, `${first.host}/app:1`);
  const api = new ApiUser(daemon);
  await api.json("POST", `/images/${first.host}/app:1/tag?repo=${second.host}/app&tag=1`);
  await mustPush(daemon, `${second.host}/app:1`);
  for (const digest of ["1", attestation.digest]) {
    const answer = await fetch(`${second.url}/v2/app/manifests/${digest}`, {
      headers: { accept: `${index.mediaType},${image.mediaType}` },
    });
    const wanted = digest === "1" ? index : attestation;
    expect(await answer.text()).toBe(wanted.manifest.toString());
  }
});
