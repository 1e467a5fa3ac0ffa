import { ContainerApi } from "../../client/containers.ts";
import type { PortMap, PublishedPort } from "../../client/wire.ts";
import { CommandError, command } from "../command.ts";
import { parseDecimal } from "../flags/numbers.ts";
import { splitAtFirst } from "../flags/parse-flags.ts";
import { compareNaturally } from "../format/natural-order.ts";
import { print } from "../io.ts";

export const port = command({
  usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  operands: { min: 1, max: 2 },
  completes: ["running"],
  flags: {},
  async run({ operands, io, connect }) {
    const [container = "", wanted = ""] = operands;
    const details = await new ContainerApi(await connect()).get(container);
    const ports = details.NetworkSettings?.Ports ?? {};
    const lines = wanted === "" ? describeAll(ports) : findPort(ports, wanted).map(describe);
    if (wanted !== "" && lines.length === 0) {
      throw new CommandError(`Error: No public port '${wanted}' published for ${container}`);
    }
    const sorted = lines.toSorted(compareNaturally);
    await print(io.stdout, sorted.map((line) => `${line}\n`).join(""));
    return 0;
  },
});

function describeAll(ports: PortMap): readonly string[] {
  return Object.entries(ports).flatMap(([inside, published]) =>
    (published ?? []).map((one) => `${inside} -> ${describe(one)}`),
  );
}

function findPort(ports: PortMap, wanted: string): readonly PublishedPort[] {
  const [number, protocol = ""] = splitAtFirst(wanted, "/");
  checkNumber(number);
  const name = `${number}/${protocol === "" ? "tcp" : protocol}`;
  return (Object.hasOwn(ports, name) ? ports[name] : undefined) ?? [];
}

function checkNumber(number: string): void {
  try {
    parseDecimal(number, 65535);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`Error: invalid port (${number}): ${reason}`, 1, { cause });
  }
}

function describe({ HostIp, HostPort }: PublishedPort): string {
  return HostIp.includes(":") ? `[${HostIp}]:${HostPort}` : `${HostIp}:${HostPort}`;
}
