import { closeSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { TarReader } from "../../src/base/tar/tar-reader.ts";
import type { TarFile } from "../../src/base/tar/tar-writer.ts";
import { openDirectory } from "../../src/linux/beneath.ts";
import { findXattrAt, listXattrsAt, setXattrAt } from "../../src/linux/xattr.ts";
import { LayerUnpacker, type UnpackedLayer } from "../../src/store/unpack.ts";
import { makeTar } from "./tar.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

/** A layer's directory beside something that must stay as it is. */
export class Ground implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly layer = join(this.#directory.path, "layer");
  readonly outside = join(this.#directory.path, "outside");

  constructor() {
    mkdirSync(this.layer);
    mkdirSync(this.outside);
    writeFileSync(join(this.outside, "secret"), "secret");
  }

  get outsideIsUntouched(): boolean {
    const names = readdirSync(this.#directory.path).sort();
    return (
      readdirSync(this.outside).join() === "secret" &&
      readFileSync(join(this.outside, "secret"), "utf8") === "secret" &&
      statSync(join(this.outside, "secret")).nlink === 1 &&
      names.filter((name) => name !== "lower").join() === "layer,outside"
    );
  }

  lower(): string {
    const lower = join(this.#directory.path, "lower");
    mkdirSync(lower, { recursive: true });
    return lower;
  }

  path(name: string): string {
    return join(this.layer, name);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

/** Unpacks an archive of these files. */
export async function unpack(
  ground: Ground,
  files: readonly TarFile[],
  lowers: readonly string[] = [],
): Promise<UnpackedLayer> {
  return unpackBytes(ground.layer, await makeTar(files), lowers);
}

/** Unpacks an archive that comes in one piece. */
export function unpackBytes(directory: string, bytes: Buffer, lowers: readonly string[] = []) {
  using unpacker = new LayerUnpacker(directory);
  const reader = new TarReader(unpacker);
  reader.feed(bytes);
  reader.finish({ endMark: "required" });
  const layer = unpacker.finish();
  unpacker.inherit(lowers);
  return layer;
}

/** What a shell's commands print, as bytes in latin1; a command that fails is an error. */
export function shell(command: string, cwd: string): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync(["sh", "-ec", command], { cwd });
  if (exitCode !== 0) throw new Error(`${command}: ${stderr.toString()}`);
  return stdout.toString("latin1");
}

/** An extended attribute as latin1, or undefined. */
export function xattr(path: string, name: string): string | undefined {
  const fd = openDirectory(dirname(path));
  try {
    const value = findXattrAt(fd, latin1(basename(path)), name);
    return value === undefined ? undefined : Buffer.from(value).toString("latin1");
  } finally {
    closeSync(fd);
  }
}

export function setXattr(path: string, name: string, value: string): void {
  const fd = openDirectory(dirname(path));
  try {
    const attribute = { name, value: Buffer.from(value, "latin1") };
    setXattrAt(fd, latin1(basename(path)), attribute);
  } finally {
    closeSync(fd);
  }
}

/** All that a file system knows of a tree, but for its blocks and inodes. */
export function describeTree(directory: string): string {
  const look = "find . -printf '%P %y %#m %U:%G %n %T@ %l %s\\n' | LC_ALL=C sort";
  const contents = "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum";
  const named = shell("find . -print0 | LC_ALL=C sort -z", directory).split("\0").slice(1);
  const attributes = named.flatMap((name) => describeXattrs(directory, name));
  return [shell(look, directory), shell(contents, directory), ...attributes].join("\n");
}

function describeXattrs(directory: string, name: string): readonly string[] {
  const fd = openDirectory(directory);
  try {
    return [...listXattrsAt(fd, name)].sort().map((key) => {
      const value = Buffer.from(findXattrAt(fd, name, key) ?? []).toString("hex");
      return `${name} ${key} ${value}`;
    });
  } finally {
    closeSync(fd);
  }
}

function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
