import { ContainerApi } from "../../client/containers.ts";
import type { ContainerUpdate } from "../../client/wire.ts";
import { CommandError, command } from "../command.ts";
import { checkedList, type FlagValues, text } from "../flags/flag.ts";
import { print } from "../io.ts";
import { describeError } from "../report-error.ts";
import { LIMIT_FLAGS } from "../run/flags-limits.ts";
import { parseRestart } from "../run/modes.ts";
import { groupBindings, parsePublished } from "../run/ports.ts";

const FLAGS = {
  "blkio-weight": LIMIT_FLAGS["blkio-weight"],
  "cpu-period": LIMIT_FLAGS["cpu-period"],
  "cpu-quota": LIMIT_FLAGS["cpu-quota"],
  "cpu-rt-period": LIMIT_FLAGS["cpu-rt-period"],
  "cpu-rt-runtime": LIMIT_FLAGS["cpu-rt-runtime"],
  "cpu-shares": LIMIT_FLAGS["cpu-shares"],
  cpus: LIMIT_FLAGS.cpus,
  "cpuset-cpus": LIMIT_FLAGS["cpuset-cpus"],
  "cpuset-mems": LIMIT_FLAGS["cpuset-mems"],
  memory: LIMIT_FLAGS.memory,
  "memory-reservation": LIMIT_FLAGS["memory-reservation"],
  "memory-swap": LIMIT_FLAGS["memory-swap"],
  "pids-limit": LIMIT_FLAGS["pids-limit"],
  restart: text("Restart policy to apply when a container exits"),
  "publish-add": checkedList("Publish a port, as run's --publish does", parsePublished),
  "publish-rm": checkedList(
    "Publish a port no more; without a host's port, wherever it is",
    parsePublished,
  ),
} as const;

export const update = command({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "containers",
  flags: FLAGS,
  async run({ flags, given, operands, io, connect }) {
    if (given.size === 0) {
      throw new CommandError("you must provide one or more flags when using this command");
    }
    const containers = new ContainerApi(await connect());
    const body = { ...toLimits(flags, given), ...toBody(flags) };
    const warnings: string[] = [];
    const errors: unknown[] = [];
    for (const name of operands) {
      try {
        const { Warnings } = await containers.update(name, body);
        await print(io.stdout, `${name}\n`);
        warnings.push(...(Warnings ?? []));
      } catch (error) {
        errors.push(error);
      }
    }
    await print(io.stdout, warnings.map((warning) => `${warning}\n`).join(""));
    if (errors.length === 0) return 0;
    throw new CommandError(errors.map(describeError).join("\n"));
  },
});

function toLimits(flags: FlagValues<typeof FLAGS>, given: ReadonlySet<string>): ContainerUpdate {
  const asked = {
    BlkioWeight: flags["blkio-weight"],
    CpuPeriod: flags["cpu-period"],
    CpuQuota: flags["cpu-quota"],
    CpuRealtimePeriod: flags["cpu-rt-period"],
    CpuRealtimeRuntime: flags["cpu-rt-runtime"],
    CpuShares: flags["cpu-shares"],
    CpusetCpus: flags["cpuset-cpus"],
    CpusetMems: flags["cpuset-mems"],
    NanoCpus: flags.cpus,
    Memory: flags.memory,
    MemoryReservation: flags["memory-reservation"],
    MemorySwap: flags["memory-swap"],
  };
  return {
    // A zero asks for nothing, but for one: no limit of processes.
    ...Object.fromEntries(Object.entries(asked).filter(([, value]) => Boolean(value))),
    ...(given.has("pids-limit") ? { PidsLimit: flags["pids-limit"] } : {}),
  };
}

function toBody(flags: FlagValues<typeof FLAGS>): ContainerUpdate {
  const added = flags["publish-add"].flat();
  const removed = flags["publish-rm"].flat();
  return {
    ...(flags.restart === "" ? {} : { RestartPolicy: parseRestart(flags.restart) }),
    ...(added.length === 0 ? {} : { PublishAdd: groupBindings(added) }),
    ...(removed.length === 0 ? {} : { PublishRemove: groupBindings(removed) }),
  };
}
