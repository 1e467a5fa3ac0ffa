import { randomBytes } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";
import { EngineError } from "../base/errors.ts";
import { openConnection } from "./connection.ts";
import { openDatagrams } from "./datagrams.ts";
import { type LogAddress, parseLogAddress } from "./log-address.ts";
import type { LogDriver, LogMessage, LogOrigin, LogSettings } from "./log-driver.ts";

type Compression = "gzip" | "zlib" | "none";

/** Where and how a container's log goes to Graylog. */
export interface GelfOptions {
  readonly address: Extract<LogAddress, { kind: "tcp" | "udp" }>;
  readonly compression: Compression;
  readonly level: number;
}

const LEVEL = { stdout: 6, stderr: 3 } as const;
const BEST_SPEED = 1;

/** Reads Docker's options. */
export function parseGelfOptions(settings: LogSettings): GelfOptions {
  const text = settings["gelf-address"] ?? "";
  if (text === "") throw new EngineError("invalid", "gelf-address is a required parameter");
  const rules = { option: "gelf-address", kinds: ["tcp", "udp"] } as const;
  const address = parseLogAddress(text, rules);
  if (address.kind !== "tcp" && address.kind !== "udp") {
    throw new EngineError("invalid", "gelf: endpoint needs to be TCP or UDP");
  }
  checkProtocol(settings, address.kind);
  const type = settings["gelf-compression-type"] ?? "gzip";
  if (type !== "gzip" && type !== "zlib" && type !== "none") {
    throw unknown("gelf-compression-type", settings);
  }
  const level = settings["gelf-compression-level"] ?? String(BEST_SPEED);
  if (!/^(-1|\d)$/.test(level)) throw unknown("gelf-compression-level", settings);
  return { address, compression: type, level: Number(level) };
}

function checkProtocol(settings: LogSettings, kind: "tcp" | "udp"): void {
  for (const name of ["gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay"]) {
    if (!/^\d+$/.test(settings[name] ?? "0")) throw unknown(name, settings);
  }
  const foreign = Object.keys(settings).find((name) =>
    name.startsWith(kind === "tcp" ? "gelf-compression-" : "gelf-tcp-"),
  );
  if (foreign === undefined) return;
  const wanted = kind === "tcp" ? "UDP" : "TCP";
  throw new EngineError("invalid", `${foreign} option is only supported for ${wanted} protocol`);
}

function unknown(name: string, settings: LogSettings): EngineError {
  const message = `unknown value "${settings[name]}" for log opt "${name}" for gelf log driver`;
  return new EngineError("invalid", message);
}

/** Opens the way to a GELF input. */
export async function openGelf(options: GelfOptions, origin: LogOrigin): Promise<LogDriver> {
  const { address } = options;
  const encode = gelfEncoder(origin);
  if (address.kind === "udp") {
    const datagrams = await openDatagrams(address);
    return {
      async send(messages) {
        for (const message of messages) {
          for (const chunk of splitGelf(compress(encode(message), options))) {
            await datagrams.send(chunk);
          }
        }
      },
      [Symbol.asyncDispose]: () => datagrams[Symbol.asyncDispose](),
    };
  }
  const connection = await openConnection(address);
  return {
    // Over TCP a message ends with a NUL, and is never compressed.
    send: (messages) =>
      connection.write(
        Buffer.concat(messages.flatMap((message) => [encode(message), Buffer.of(0)])),
      ),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

function gelfEncoder(origin: LogOrigin): (message: LogMessage) => Buffer {
  const extra: Record<string, string> = {
    _container_id: origin.containerId,
    _container_name: origin.containerName,
    _image_id: origin.imageId,
    _image_name: origin.imageName,
    _command: origin.command,
    _tag: origin.tag,
    _created: origin.createdAt,
  };
  for (const [name, value] of Object.entries(origin.attributes)) {
    extra[name.startsWith("_") ? name : `_${name}`] = value;
  }
  return ({ stream, timeNs, text }) =>
    Buffer.from(
      JSON.stringify({
        version: "1.1",
        host: origin.hostname,
        short_message: text,
        timestamp: Number(timeNs / 1_000_000n) / 1000,
        level: LEVEL[stream],
        ...extra,
      }),
    );
}

function compress(bytes: Buffer, { compression, level }: GelfOptions): Buffer {
  if (compression === "none") return bytes;
  return compression === "gzip" ? gzipSync(bytes, { level }) : deflateSync(bytes, { level });
}

const CHUNK_BYTES = 1420;
const CHUNK_HEAD_BYTES = 12;
const MAX_CHUNKS = 128;

/** "All chunks MUST arrive within 5 seconds"; a message has at most 128. GELF via UDP, chunking */
export function splitGelf(message: Buffer): readonly Buffer[] {
  if (message.length <= CHUNK_BYTES) return [message];
  const room = CHUNK_BYTES - CHUNK_HEAD_BYTES;
  const count = Math.ceil(message.length / room);
  if (count > MAX_CHUNKS) return [];
  const id = randomBytes(8);
  return Array.from({ length: count }, (_, index) => {
    const head = Buffer.concat([Buffer.of(0x1e, 0x0f), id, Buffer.of(index, count)]);
    return Buffer.concat([head, message.subarray(index * room, (index + 1) * room)]);
  });
}
