import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import { EngineError } from "../base/errors.ts";
import { DatagramSocket } from "../linux/datagram-socket.ts";
import { formatLogAddress, type LogAddress } from "./log-address.ts";

/** A way to a receiver that takes each message whole or not at all. */
export interface Datagrams {
  send(bytes: Uint8Array): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What is reached by datagrams. */
export type DatagramAddress = Extract<LogAddress, { kind: "udp" | "unixgram" }>;

/** Opens a socket to a receiver; that one of UDP is not there is not found out. */
export async function openDatagrams(address: DatagramAddress): Promise<Datagrams> {
  return address.kind === "udp" ? await openUdp(address) : openLocal(address);
}

async function openUdp({ host, port }: { host: string; port: number }): Promise<Datagrams> {
  const { address } = await lookup(host).catch((cause) => {
    throw new EngineError("internal", `dial udp: lookup ${host}: no such host`, { cause });
  });
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  // UDP tells of an earlier datagram that nobody took it. It is lost, as others are that nobody tells of.
  socket.on("error", () => {});
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, port, address, (error) => (error === null ? resolve() : reject(error)));
      }),
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

const BUSY_MS = 5;

function openLocal(address: { path: string }): Datagrams {
  const socket = DatagramSocket.open();
  return {
    async send(bytes) {
      for (;;) {
        const outcome = socket.send(address.path, bytes);
        if (outcome === "sent") return;
        if (outcome !== "full") {
          const place = formatLogAddress({ kind: "unixgram", path: address.path });
          throw new EngineError("internal", `dial unixgram ${place}: ${outcome}`);
        }
        await Bun.sleep(BUSY_MS);
      }
    },
    async [Symbol.asyncDispose]() {
      socket[Symbol.dispose]();
    },
  };
}
