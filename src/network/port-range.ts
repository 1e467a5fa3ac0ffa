import { readFileSync } from "node:fs";
import { EngineError } from "../base/errors.ts";

const LOCAL_RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

/** Ports from the first to the last, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Where ports are taken from that nobody chose: where the kernel takes those of clients from. */
export function readLocalPortRange(): PortRange {
  const [first = Number.NaN, last = Number.NaN] = readFileSync(LOCAL_RANGE, "utf8")
    .trim()
    .split(/\s+/)
    .map(Number);
  if (first <= last) return { first, last };
  throw new EngineError("internal", `Cannot read "${LOCAL_RANGE}"`);
}

/** All ports of a range, each once, from one on and round to the one before it. */
export function* portsFrom({ first, last }: PortRange, start = first): Generator<number> {
  const size = last - first + 1;
  const offset = start >= first && start <= last ? start - first : 0;
  for (let index = 0; index < size; index++) yield first + ((offset + index) % size);
}
