import type { PortSummary } from "../../client/wire.ts";

/** Ports as `ps` shows them: `0.0.0.0:8080->80/tcp`, neighbours that go together as a range. */
export function formatPorts(ports: readonly PortSummary[]): string {
  const groups: Group[] = [];
  for (const port of [...ports].sort(comparePorts)) {
    const last = groups.find((group) => continues(group, port));
    if (last === undefined) groups.push({ first: port, last: port });
    else last.last = port;
  }
  return groups.map(formatGroup).join(", ");
}

interface Group {
  readonly first: PortSummary;
  last: PortSummary;
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

function continues({ last }: Group, port: PortSummary): boolean {
  const published = (last.PublicPort ?? 0) > 0;
  return (
    last.Type === port.Type &&
    (last.IP ?? "") === (port.IP ?? "") &&
    last.PrivatePort + 1 === port.PrivatePort &&
    published === (port.PublicPort ?? 0) > 0 &&
    (!published || (last.PublicPort ?? 0) + 1 === port.PublicPort)
  );
}

function formatGroup({ first, last }: Group): string {
  const inside = `${formatRange(first.PrivatePort, last.PrivatePort)}/${first.Type}`;
  if (first.PublicPort === undefined || first.PublicPort === 0) return inside;
  const ip = first.IP?.includes(":") === true ? `[${first.IP}]` : (first.IP ?? "");
  return `${ip}:${formatRange(first.PublicPort, last.PublicPort ?? 0)}->${inside}`;
}

function formatRange(from: number, to: number): string {
  return from === to ? String(from) : `${from}-${to}`;
}
