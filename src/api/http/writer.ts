import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { HeaderFields } from "./exchange.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a header
const UNSAFE = /[\x00-\x08\x0a-\x1f\x7f]/;

/** A status line with header fields and the empty line that ends them. */
export function encodeHead(status: number, headers: HeaderFields, reason?: string): string {
  let head = `HTTP/1.1 ${status} ${reason ?? STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (UNSAFE.test(value)) throw new Error(`header ${name} has a control character`);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

/** One chunk of a chunked body, framed. */
export function encodeChunk(piece: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`${piece.length.toString(16)}\r\n`),
    piece,
    Buffer.from("\r\n"),
  ]);
}

/** Writes, and waits while the client does not read. False when it has gone. */
export async function write(socket: Socket, bytes: string | Uint8Array): Promise<boolean> {
  if (!socket.writable) return false;
  if (!socket.write(bytes)) await drained(socket);
  return socket.writable;
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}

let second = 0;
let text = "";

/** Now, as the Date header has it; made once a second. */
export function httpDate(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1000).toUTCString();
  }
  return text;
}
