import { expect, test } from "bun:test";
import type { PortSummary } from "../../client/wire.ts";
import { formatPorts } from "./ports.ts";

/** `IP:PUBLIC->PRIVATE/TYPE`, or `PRIVATE/TYPE`. */
function read(text: string): PortSummary {
  const [, ip = "", outside, inside = "", type = ""] =
    /^(?:\[?([^\]]*?)\]?:(\d+)->)?(\d+)\/(\w+)$/.exec(text) ?? [];
  const published = outside === undefined ? {} : { IP: ip, PublicPort: Number(outside) };
  return { PrivatePort: Number(inside), Type: type, ...published };
}

// What `docker ps` of Docker's CLI 28.2.2 shows of the same ports.
test.each<[string, string]>([
  ["", ""],
  ["80/tcp", "80/tcp"],
  ["81/tcp 80/tcp 83/tcp 80/udp", "80-81/tcp, 83/tcp, 80/udp"],
  ["80/tcp 80/udp 82/udp 83/tcp", "80/udp, 80/tcp, 83/tcp, 82/udp"],
  ["0.0.0.0:8080->80/tcp [::]:8080->80/tcp", "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"],
  [
    "0.0.0.0:8080->80/tcp [::]:8080->80/tcp 0.0.0.0:8081->81/tcp [::]:8081->81/tcp",
    "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 0.0.0.0:8081->81/tcp, [::]:8081->81/tcp",
  ],
  [
    "0.0.0.0:80->80/tcp 0.0.0.0:81->81/tcp [::]:80->80/tcp [::]:81->81/tcp",
    "0.0.0.0:80-81->80-81/tcp, [::]:80-81->80-81/tcp",
  ],
  [
    "0.0.0.0:80->80/tcp 0.0.0.0:80->80/udp 0.0.0.0:81->81/udp",
    "0.0.0.0:80->80/tcp, 0.0.0.0:80-81->80-81/udp",
  ],
  [
    "0.0.0.0:80->80/tcp 0.0.0.0:81->81/tcp 0.0.0.0:92->82/tcp 83/tcp 84/tcp 127.0.0.1:85->85/tcp",
    "0.0.0.0:80-81->80-81/tcp, 83-84/tcp, 127.0.0.1:85->85/tcp, 0.0.0.0:92->82/tcp",
  ],
  ["0.0.0.0:8081->80/tcp 0.0.0.0:8080->80/tcp", "0.0.0.0:8080->80/tcp, 0.0.0.0:8081->80/tcp"],
  [":80->80/tcp 10.0.0.1:81->81/tcp", "80/tcp, 10.0.0.1:81->81/tcp"],
])("formatPorts(%p)", (ports, text) => {
  expect(formatPorts(ports.split(" ").filter(Boolean).map(read))).toBe(text);
});
