import { randomBytes } from "node:crypto";
import { parseBytes } from "../base/byte-size.ts";
import { parseDuration } from "../base/duration.ts";
import { EngineError } from "../base/errors.ts";
import { openConnection, type StreamAddress } from "./connection.ts";
import { parseLogAddress } from "./log-address.ts";
import type { LogDriver, LogMessage, LogOrigin, LogSettings } from "./log-driver.ts";
import { EventTime, encodeMessagePack } from "./message-pack.ts";

/** Where and how a container's log goes to fluentd. */
export interface FluentdOptions {
  readonly address: StreamAddress;
  /** A container starts, also while fluentd is not there. */
  readonly async: boolean;
  readonly subSecond: boolean;
  readonly requestAck: boolean;
}

const PORT = 24_224;
const BOOLEANS = [
  "fluentd-async",
  "fluentd-async-connect",
  "fluentd-force-stop-async-send",
  "fluentd-request-ack",
  "fluentd-sub-second-precision",
] as const;
const DURATIONS = [
  "fluentd-retry-wait",
  "fluentd-async-reconnect-interval",
  "fluentd-write-timeout",
  "fluentd-read-timeout",
] as const;

/** Reads Docker's options. */
export function parseFluentdOptions(settings: LogSettings): FluentdOptions {
  const [async, asyncConnect, , requestAck, subSecond] = BOOLEANS.map((name) =>
    parseBoolean(settings[name] ?? ""),
  );
  if (settings["fluentd-async"] && settings["fluentd-async-connect"]) {
    const names = "'fluentd-async' and 'fluentd-async-connect'";
    throw new EngineError("invalid", `conflicting options: cannot specify both ${names}`);
  }
  for (const name of DURATIONS) {
    const value = settings[name];
    if (value === undefined || value === "" || parseDuration(value) !== undefined) continue;
    throw new EngineError("invalid", `time: invalid duration "${value}"`);
  }
  checkNumbers(settings);
  return {
    address: parseAddress(settings["fluentd-address"] ?? ""),
    async: async === true || asyncConnect === true,
    subSecond: subSecond === true,
    requestAck: requestAck === true,
  };
}

function checkNumbers(settings: LogSettings): void {
  const retries = settings["fluentd-max-retries"] ?? "";
  if (retries !== "" && !/^\d+$/.test(retries)) {
    const message = `strconv.ParseUint: parsing "${retries}": invalid syntax`;
    throw new EngineError("invalid", message);
  }
  const limit = settings["fluentd-buffer-limit"] ?? "";
  if (limit === "") return;
  try {
    parseBytes(limit);
  } catch (cause) {
    throw new EngineError("invalid", cause instanceof Error ? cause.message : "", { cause });
  }
}

function parseAddress(text: string): StreamAddress {
  const whole = text.includes("://") ? text : `tcp://${text === "" ? "127.0.0.1" : text}`;
  const kinds = ["tcp", "unix"] as const;
  const withTls = [...kinds, "tcp+tls" as const];
  const rules = { option: "fluentd-address", kinds: withTls, port: PORT };
  const address = parseLogAddress(whole.replace(/^tls:/, "tcp+tls:"), rules);
  if (address.kind === "udp" || address.kind === "unixgram") {
    throw new EngineError("invalid", `invalid fluentd-address ${text}`);
  }
  return address;
}

function parseBoolean(text: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["", "0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw new EngineError("invalid", `strconv.ParseBool: parsing "${text}": invalid syntax`);
}

/** Connects to fluentd's forward input. */
export async function openFluentd(options: FluentdOptions, origin: LogOrigin): Promise<LogDriver> {
  const connection = await openConnection(options.address);
  return {
    async send(messages) {
      const entries = messages.map((message) => toEntry(message, { options, origin }));
      if (!options.requestAck) {
        await connection.write(
          Buffer.concat(entries.map((entry) => encodeMessagePack([origin.tag, ...entry]))),
        );
        return;
      }
      const chunk = randomBytes(16).toString("base64");
      const bytes = encodeMessagePack([origin.tag, entries, { chunk }]);
      // It may answer before the write is known to be over.
      await Promise.all([connection.hear(chunk), connection.write(bytes)]);
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

interface Entry {
  readonly options: FluentdOptions;
  readonly origin: LogOrigin;
}

function toEntry({ timeNs, ...message }: LogMessage, { options, origin }: Entry) {
  const time = options.subSecond ? new EventTime(timeNs) : Number(timeNs / 1_000_000_000n);
  const record = {
    container_id: origin.containerId,
    container_name: `/${origin.containerName}`,
    source: message.stream,
    log: message.text,
    ...origin.attributes,
    ...(message.partial ? { partial_message: "true" } : {}),
  };
  return [time, record] as const;
}
