import { be32Attribute } from "./netlink-message.ts";
import { type Expression, expression, value } from "./nftables-expression.ts";

const IMMEDIATE = { REGISTER: 1, DATA: 2 } as const;
const PAYLOAD = {
  BASE: 2,
  OFFSET: 3,
  LENGTH: 4,
  SOURCE: 5,
  CHECKSUM_TYPE: 6,
  CHECKSUM_OFFSET: 7,
} as const;
const BASE_TRANSPORT = 2;
const CHECKSUM_INTERNET = 1;
const REGISTER = 1;

/** Where the transport protocols keep their checksums: UDP of RFC 768, TCP of RFC 9293. */
const CHECKSUM_OFFSET = { udp: 6, tcp: 16 } as const;
const PORT_OFFSET = { source: 0, destination: 2 } as const;

/**
 * Writes a port into the packet and mends its checksum. Unlike `dnat` and `redirect` it needs no
 * connection tracking, which would cost every packet of the namespace.
 */
export function writePort(part: {
  readonly protocol: keyof typeof CHECKSUM_OFFSET;
  readonly port: keyof typeof PORT_OFFSET;
  readonly number: number;
}): readonly Expression[] {
  const bytes = Uint8Array.of(part.number >> 8, part.number & 0xff);
  return [
    expression(
      "immediate",
      be32Attribute(IMMEDIATE.REGISTER, REGISTER),
      value(IMMEDIATE.DATA, bytes),
    ),
    expression(
      "payload",
      be32Attribute(PAYLOAD.SOURCE, REGISTER),
      be32Attribute(PAYLOAD.BASE, BASE_TRANSPORT),
      be32Attribute(PAYLOAD.OFFSET, PORT_OFFSET[part.port]),
      be32Attribute(PAYLOAD.LENGTH, bytes.length),
      be32Attribute(PAYLOAD.CHECKSUM_TYPE, CHECKSUM_INTERNET),
      be32Attribute(PAYLOAD.CHECKSUM_OFFSET, CHECKSUM_OFFSET[part.protocol]),
    ),
  ];
}
