import type { ConntrackSocket } from "../linux/conntrack.ts";
import { familyNameOf } from "./address-range.ts";
import { PROTOCOL_NUMBER, type PublishedPort } from "./published-port.ts";

// A client that sends datagrams on and on from one port is one connection to the kernel's tracker,
// which decides at its first packet where all of them go. TCP needs none of this: its connections end.

/** Lets datagrams that already come in for newly published ports go to their containers. */
export function forgetEarlierFlows(
  conntrack: ConntrackSocket,
  ports: readonly PublishedPort[],
): void {
  for (const family of ["ipv4", "ipv6"] as const) {
    const ofFamily = udpOf(ports).filter(({ hostAddress }) => familyNameOf(hostAddress) === family);
    const sentTo = new Set(ofFamily.map(({ hostPort }) => hostPort));
    if (sentTo.size > 0) conntrack.forget({ protocol: PROTOCOL_NUMBER.udp, family, sentTo });
  }
}

/** Lets datagrams no longer go to containers whose ports are gone; who has their address may be another. */
export function forgetFlowsTo(conntrack: ConntrackSocket, ports: readonly PublishedPort[]): void {
  for (const answeredBy of new Set(udpOf(ports).map(({ address }) => address))) {
    conntrack.forget({ protocol: PROTOCOL_NUMBER.udp, answeredBy });
  }
}

function udpOf(ports: readonly PublishedPort[]): readonly PublishedPort[] {
  return ports.filter(({ protocol }) => protocol === "udp");
}
