import { be32Attribute } from "./netlink-message.ts";
import { type Expression, expression, register, value } from "./nftables-expression.ts";

// The parts of an nftables rule that give a connection other addresses.

const FAMILY = { ipv4: 2, ipv6: 10 } as const;
const KIND = { source: 0, destination: 1 } as const;
const NAT = { TYPE: 1, FAMILY: 2, ADDRESS: 3, PORT: 5 } as const;
const REDIRECT = { PORT: 1, FLAGS: 3 } as const;
const RANGE_PROTO_SPECIFIED = 2;
/** How many words an address takes: a port is in the one behind it. */
const ADDRESS_WORDS = { ipv4: 1, ipv6: 4 } as const;

/** Gives the packet the address of the interface that it leaves by. */
export function masquerade(): Expression {
  return expression("masq");
}

/** Sends the connection to the address and the port that the registers hold. */
export function translateDestination(family: keyof typeof FAMILY): Expression {
  const port = be32Attribute(NAT.PORT, register(ADDRESS_WORDS[family]));
  return translate("destination", family, port);
}

/** Lets the connection come from the address that the registers hold. */
export function translateSource(family: keyof typeof FAMILY): Expression {
  return translate("source", family);
}

/** Sends the connection to a port of this host, on the interface that it came in by. */
export function redirectTo(port: number): readonly Expression[] {
  return [
    expression(
      "immediate",
      be32Attribute(1, register(0)),
      value(2, Uint8Array.of(port >> 8, port & 0xff)),
    ),
    expression(
      "redir",
      be32Attribute(REDIRECT.PORT, register(0)),
      be32Attribute(REDIRECT.FLAGS, RANGE_PROTO_SPECIFIED),
    ),
  ];
}

function translate(
  kind: keyof typeof KIND,
  family: keyof typeof FAMILY,
  ...more: readonly Uint8Array[]
): Expression {
  return expression(
    "nat",
    be32Attribute(NAT.TYPE, KIND[kind]),
    be32Attribute(NAT.FAMILY, FAMILY[family]),
    be32Attribute(NAT.ADDRESS, register(0)),
    ...more,
  );
}
