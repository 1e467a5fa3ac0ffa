import { randomBytes } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { digestOf, hexOf } from "../../src/oci/digest.ts";
import { ApiUser } from "./api-user.ts";
import { BadRegistry, type BadReply, type BadRequest } from "./bad-registry.ts";
import { TestDaemon } from "./daemon.ts";
import { LOWER } from "./image-archives.ts";
import { expectInventory } from "./image-transfer.ts";
import { binaryFile } from "./image-world.ts";
import { gzipLayer, makeImage, plainLayer } from "./made-image.ts";
import { firstByteOf, serveOddly } from "./serve-images.ts";
import { makeTar } from "./tar.ts";
import { waitUntil } from "./wait-until.ts";

/** An image with a layer that is large enough to be caught on its way. */
export const SMALL = gzipLayer(LOWER);
export const LARGE = plainLayer(await makeTar([binaryFile("large", randomBytes(4 << 20))]));
export const IMAGE = makeImage([SMALL, LARGE]);
export const LARGE_DIGEST = digestOf(LARGE.bytes);
export const LARGE_NAME = hexOf(LARGE_DIGEST);
export const SMALL_NAME = hexOf(digestOf(SMALL.bytes));

/** A daemon that pulls from registries which are not as they should be. */
export class PullGround implements AsyncDisposable {
  readonly daemon: TestDaemon;
  readonly api: ApiUser;

  private constructor(daemon: TestDaemon) {
    this.daemon = daemon;
    this.api = new ApiUser(daemon);
  }

  static async start(...args: readonly string[]): Promise<PullGround> {
    return new PullGround(await TestDaemon.start("--max-download-attempts", "2", ...args));
  }

  /** Leaves nothing of the tests before, however they ended. */
  async clear(): Promise<void> {
    for (const { Id } of await this.api.json("GET", "/images/json")) {
      await this.api.json("DELETE", `/images/${Id}?force=1`);
    }
    const partial = join(this.daemon.dataRoot, "blobs/partial");
    for (const name of readdirSync(partial)) rmSync(join(partial, name));
  }

  /** Removes the image of a registry, after which there must be nothing. */
  async remove({ host }: { readonly host: string }): Promise<void> {
    await this.api.json("DELETE", `/images/${host}/app:1`);
    await expectInventory(this.daemon);
  }

  /** Waits until that much of the large layer is here. */
  async largeIsThere(bytes: number): Promise<void> {
    const path = join(this.daemon.dataRoot, "blobs/partial", LARGE_NAME);
    await waitUntil("the first bytes are here", () => Bun.file(path).size >= bytes);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.daemon[Symbol.asyncDispose]();
  }
}

/** A registry that has the image, and answers in this way for its large layer. */
export function startOdd(
  odd: (request: BadRequest, reply: BadReply) => boolean | Promise<boolean>,
): Promise<BadRegistry> {
  return BadRegistry.start(
    serveOddly({ "1": IMAGE }, (request, reply) =>
      request.path.endsWith(LARGE_DIGEST) ? odd(request, reply) : false,
    ),
  );
}

/** One that sends the first bytes of the large layer, and the rest only when it is let go on. */
export async function startStuck(bytes: number) {
  const gate = Promise.withResolvers<void>();
  const registry = await startOdd(async (request, reply) => {
    if (firstByteOf(request) > 0) return false;
    reply.head(200, { "content-length": LARGE.bytes.length });
    await reply.write(LARGE.bytes.subarray(0, bytes));
    await Promise.race([gate.promise, reply.closed()]);
    await reply.write(LARGE.bytes.subarray(bytes));
    return true;
  });
  return { registry, release: gate.resolve };
}

/** From which bytes on a blob was asked for, each time. */
export function askedFor({ requests }: BadRegistry, digest: string): readonly number[] {
  return requests.filter(({ path }) => path.endsWith(digest)).map(firstByteOf);
}
