import { EngineError } from "../base/errors.ts";
import { formatIpAddress, parseIpAddress } from "../base/ip-address.ts";
import type { Element } from "../linux/nftables-element.ts";
import { concatenate } from "../linux/nftables-set.ts";
import { familyNameOf } from "./address-range.ts";
import type { Filling } from "./firewall-table.ts";

/** The protocols whose ports can be published. */
export type PortProtocol = "tcp" | "udp" | "sctp";

/** A port of the host that leads to a port of a container. */
export interface PublishedPort {
  readonly protocol: PortProtocol;
  /** `0.0.0.0` or `::` for every address of the host, or one of them. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly bridge: string;
  /** The container's address on that bridge. */
  readonly address: string;
  readonly port: number;
}

/** The numbers of the protocols in packets. */
export const PROTOCOL_NUMBER: Readonly<Record<PortProtocol, number>> = {
  tcp: 6,
  udp: 17,
  sctp: 132,
};

const ANY: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
const LOOPBACK_6 = "::1";
const MAX_PORT = 0xffff;
const DIGIT = { ipv4: "4", ipv6: "6" } as const;

/**
 * Whether such a port can be. From IPv6 to IPv4 only TCP leads, by the daemon's relay: the kernel does
 * not translate between the two.
 */
export function canPublish(
  port: Pick<PublishedPort, "protocol" | "hostAddress" | "address">,
): boolean {
  const from = familyNameOf(port.hostAddress);
  const to = familyNameOf(port.address);
  return from === to || (from === "ipv6" && port.protocol === "tcp");
}

/** Whether it stands for every address of the host. */
export function isAnyAddress(address: string): boolean {
  return ANY.has(address);
}

/** The port with its addresses in their one spelling: mostly the same object, as there may be thousands. */
export function checkPublishedPort(port: PublishedPort): PublishedPort {
  for (const number of [port.hostPort, port.port]) {
    if (Number.isInteger(number) && number > 0 && number <= MAX_PORT) continue;
    throw new EngineError("invalid", `Cannot publish the port ${number}: want 1 to ${MAX_PORT}`);
  }
  if (!canPublish(port)) {
    const { protocol, hostAddress, hostPort, address } = port;
    throw new EngineError(
      "invalid",
      `Cannot publish ${hostAddress}:${hostPort}/${protocol} to ${address}: ` +
        "only TCP leads from IPv6 to IPv4, and nothing from IPv4 to IPv6",
    );
  }
  const hostAddress = normalAddress(port.hostAddress);
  const address = normalAddress(port.address);
  const isNormal = hostAddress === port.hostAddress && address === port.address;
  return isNormal ? port : { ...port, hostAddress, address };
}

function normalAddress(address: string): string {
  return ANY.has(address) ? address : formatIpAddress(parseIpAddress(address));
}

/** What the sets hold of a port that the host's addresses lead to: at most two elements. */
export function elementsOfPort(port: PublishedPort): Filling {
  const from = familyNameOf(port.hostAddress);
  const relayed = elementsOfRelay(port);
  if (from !== familyNameOf(port.address) || isOnlyLoopback(port)) return relayed;
  const any = isAnyAddress(port.hostAddress);
  const element: Element = {
    key: concatenate(
      Uint8Array.of(PROTOCOL_NUMBER[port.protocol]),
      ...(any ? [] : [parseIpAddress(port.hostAddress)]),
      portBytes(port.hostPort),
    ),
    leadsTo: concatenate(parseIpAddress(port.address), portBytes(port.port)),
  };
  const digit = DIGIT[from];
  return [[any ? `ports${digit}` : `ports${digit}-at`, element], ...relayed];
}

/** What the sets hold of a port that is reached at the container's own address. */
export function elementOfOpenPort(
  port: Pick<PublishedPort, "protocol" | "address" | "port">,
): Filling {
  const family = familyNameOf(port.address);
  const key = concatenate(
    Uint8Array.of(PROTOCOL_NUMBER[port.protocol]),
    parseIpAddress(port.address),
    portBytes(port.port),
  );
  return [[`open${DIGIT[family]}`, { key }]];
}

/** Whether it sends connections to the daemon's relay. */
export function isForRelay([set]: Filling[number]): boolean {
  return set === "relayed" || set === "relayed-at";
}

/**
 * Where the kernel alone does not lead: from IPv6 to IPv4, and from the host's own `[::1]`. Answers to
 * that one would come in by the bridge, and be dropped there where bridges are filtered, as with dockerd.
 */
function elementsOfRelay(port: PublishedPort): Filling {
  if (port.protocol !== "tcp" || familyNameOf(port.hostAddress) !== "ipv6") return [];
  const number = portBytes(port.hostPort);
  const at = (address: string): Filling => [
    ["relayed-at", { key: concatenate(parseIpAddress(address), number) }],
  ];
  if (!isAnyAddress(port.hostAddress)) {
    return familyNameOf(port.address) === "ipv4" || isOnlyLoopback(port)
      ? at(port.hostAddress)
      : [];
  }
  return familyNameOf(port.address) === "ipv4" ? [["relayed", { key: number }]] : at(LOOPBACK_6);
}

function isOnlyLoopback({ protocol, hostAddress }: PublishedPort): boolean {
  return protocol === "tcp" && hostAddress === LOOPBACK_6;
}

function portBytes(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 0xff);
}
