import type { PortSummary } from "../../client/wire.ts";

/**
 * Ports as `ps` shows them: `0.0.0.0:8080->80/tcp`. Neighbours that are published by their own
 * numbers, or not at all, go together as a range.
 */
export function formatPorts(ports: readonly PortSummary[]): string {
  const ended: Range[] = [];
  const open = new Map<string, Range>();
  const mapped: string[] = [];
  for (const port of [...ports].sort(comparePorts)) {
    if (isMapped(port)) mapped.push(formatMapped(port));
    else addToRange(port, open, ended);
  }
  return [...[...ended, ...open.values()].map(formatRange), ...mapped].join(", ");
}

interface Range {
  readonly ip: string;
  readonly type: string;
  readonly first: number;
  readonly last: number;
}

function comparePorts(a: PortSummary, b: PortSummary): number {
  return (
    a.PrivatePort - b.PrivatePort ||
    compareTexts(a.IP ?? "", b.IP ?? "") ||
    (a.PublicPort ?? 0) - (b.PublicPort ?? 0) ||
    compareTexts(a.Type, b.Type)
  );
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether the host knows it by another number. */
function isMapped({ IP = "", PrivatePort, PublicPort }: PortSummary): boolean {
  return IP !== "" && PublicPort !== PrivatePort;
}

function formatMapped({ IP = "", PrivatePort, PublicPort = 0, Type }: PortSummary): string {
  return `${formatIp(IP)}:${PublicPort}->${PrivatePort}/${Type}`;
}

/** A range that its kind's next port does not go on with has ended. */
function addToRange(
  { IP: ip = "", PrivatePort: port, Type: type }: PortSummary,
  open: Map<string, Range>,
  ended: Range[],
): void {
  const kind = `${ip}/${type}`;
  const range = open.get(kind);
  const goesOn = range !== undefined && range.last + 1 === port;
  if (range !== undefined && !goesOn) ended.push(range);
  open.set(kind, { ip, type, first: goesOn ? range.first : port, last: port });
}

function formatRange({ ip, type, first, last }: Range): string {
  const numbers = first === last ? String(first) : `${first}-${last}`;
  return ip === "" ? `${numbers}/${type}` : `${formatIp(ip)}:${numbers}->${numbers}/${type}`;
}

function formatIp(ip: string): string {
  return ip.includes(":") ? `[${ip}]` : ip;
}
