import { existsSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import { formatTime } from "../base/time.ts";
import { openDatagrams } from "./datagrams.ts";
import type { LogDriver, LogMessage, LogOrigin } from "./log-driver.ts";

const SOCKET = "/run/systemd/journal/socket";
const PRIORITY = { stdout: "6", stderr: "3" } as const;

/** Opens the journal of this machine, or of who listens at another path. */
export async function openJournald(origin: LogOrigin, path = SOCKET): Promise<LogDriver> {
  if (!existsSync(path)) {
    throw new EngineError("internal", "journald is not enabled on this host");
  }
  const datagrams = await openDatagrams({ kind: "unixgram", path });
  const common = commonFields(origin);
  return {
    async send(messages) {
      for (const message of messages) await datagrams.send(encode(message, common));
    },
    [Symbol.asyncDispose]: () => datagrams[Symbol.asyncDispose](),
  };
}

function commonFields(origin: LogOrigin): Readonly<Record<string, string>> {
  const { containerId, containerName, imageName, tag, attributes } = origin;
  const fields: Record<string, string> = {
    CONTAINER_ID: containerId.slice(0, 12),
    CONTAINER_ID_FULL: containerId,
    CONTAINER_NAME: containerName,
    CONTAINER_TAG: tag,
    IMAGE_NAME: imageName,
    SYSLOG_IDENTIFIER: tag,
  };
  for (const [name, value] of Object.entries(attributes)) fields[toFieldName(name)] = value;
  return fields;
}

/** A field's name has capitals, digits and underscores, and begins with no underscore. */
function toFieldName(name: string): string {
  return name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_")
    .replace(/^_+/, "");
}

function encode(message: LogMessage, common: Readonly<Record<string, string>>): Buffer {
  const fields = {
    // A label may have any name, and takes nothing from what the container said.
    ...common,
    MESSAGE: message.text,
    PRIORITY: PRIORITY[message.stream],
    SYSLOG_TIMESTAMP: formatTime(message.timeNs),
    ...(message.partial ? { CONTAINER_PARTIAL_MESSAGE: "true" } : {}),
  };
  return Buffer.concat(Object.entries(fields).map(([name, value]) => encodeField(name, value)));
}

/** A value with a line end has its length before it. https://systemd.io/JOURNAL_NATIVE_PROTOCOL */
function encodeField(name: string, value: string): Buffer {
  if (!value.includes("\n")) return Buffer.from(`${name}=${value}\n`);
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from("\n")]);
}
