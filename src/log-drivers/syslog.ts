import { existsSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import { type Connection, openConnection, type TlsSettings } from "./connection.ts";
import { openDatagrams } from "./datagrams.ts";
import { type LogAddress, parseLogAddress } from "./log-address.ts";
import type { LogDriver, LogMessage, LogOrigin, LogSettings } from "./log-driver.ts";
import {
  formatSyslog,
  parseFacility,
  parseSyslogFormat,
  type SyslogFormat,
} from "./syslog-format.ts";

/** Where and how a container's syslog goes. */
export interface SyslogOptions {
  readonly address: LogAddress;
  readonly facility: number;
  readonly format: SyslogFormat;
  readonly tls: TlsSettings;
}

const LOCAL = ["/dev/log", "/var/run/syslog", "/var/run/log"];

const RULES = {
  option: "syslog-address",
  kinds: ["tcp", "tcp+tls", "udp", "unix", "unixgram"],
  port: 514,
} as const;

/** Reads Docker's options. */
export function parseSyslogOptions(settings: LogSettings): SyslogOptions {
  const address = settings["syslog-address"] ?? "";
  const parsed = address === "" ? localAddress() : parseLogAddress(address, RULES);
  if ("path" in parsed && address !== "" && !existsSync(parsed.path)) {
    throw new EngineError("invalid", `stat ${parsed.path}: no such file or directory`);
  }
  const [caPath, certPath, keyPath] = [
    settings["syslog-tls-ca-cert"],
    settings["syslog-tls-cert"],
    settings["syslog-tls-key"],
  ];
  return {
    address: parsed,
    facility: parseFacility(settings["syslog-facility"] ?? ""),
    format: parseSyslogFormat(settings["syslog-format"] ?? ""),
    tls: {
      ...(caPath === undefined ? {} : { caPath }),
      ...(certPath === undefined ? {} : { certPath }),
      ...(keyPath === undefined ? {} : { keyPath }),
      // As in Docker, whatever its value: what counts is that it is there.
      skipVerify: settings["syslog-tls-skip-verify"] !== undefined,
    },
  };
}

/** Connects to a syslog server. */
export async function openSyslog(options: SyslogOptions, origin: LogOrigin): Promise<LogDriver> {
  const { address, format } = options;
  const encode = (message: LogMessage) =>
    Buffer.from(formatSyslog(message, { ...options, origin }));
  if (address.kind === "udp" || address.kind === "unixgram") {
    const datagrams = await openDatagrams(address);
    return {
      async send(messages) {
        for (const message of messages) await datagrams.send(encode(message));
      },
      [Symbol.asyncDispose]: () => datagrams[Symbol.asyncDispose](),
    };
  }
  const connection: Connection = await openConnection(address, options.tls);
  const isCounted = address.kind === "tcp+tls" && format.startsWith("rfc5424");
  return {
    async send(messages) {
      const lines = messages.map(encode);
      await connection.write(Buffer.concat(isCounted ? lines.map(counted) : lines));
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** "MSG-LEN is the octet count of the SYSLOG-MSG". RFC 5425, 4.3 */
function counted(line: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${line.length} `), line]);
}

function localAddress(): LogAddress {
  const path = LOCAL.find((known) => existsSync(known)) ?? LOCAL[0] ?? "";
  return { kind: "unixgram", path };
}
