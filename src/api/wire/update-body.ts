import { EngineError } from "../../base/errors.ts";
import type { LimitChange } from "../../engine/control-facade.ts";
import type { Fields } from "./fields.ts";
import { isZero } from "./refused.ts";
import { decodeResources } from "./resources.ts";

/** The fields of a limit that can be changed while a container runs. */
const CHANGEABLE = [
  "BlkioWeight",
  "BlkioWeightDevice",
  "BlkioDeviceReadBps",
  "BlkioDeviceWriteBps",
  "BlkioDeviceReadIOps",
  "BlkioDeviceWriteIOps",
  "CpuShares",
  "CpuPeriod",
  "CpuQuota",
  "CpuRealtimePeriod",
  "CpuRealtimeRuntime",
  "CpusetCpus",
  "CpusetMems",
  "NanoCpus",
  "Memory",
  "MemoryReservation",
  "MemorySwap",
  "PidsLimit",
];

/** What an update asks for beside limits. */
const OTHERS = ["PublishAdd", "PublishRemove", "RestartPolicy"];

const KNOWN = new Set([...CHANGEABLE, ...OTHERS].map((field) => field.toLowerCase()));

/** Reads the limits of `POST /containers/{id}/update`; a zero stands for what is not to change. */
export function decodeLimitChange(body: Fields): LimitChange {
  refuseOthers(body);
  const pids = body.findInteger("PidsLimit");
  const resources = decodeResources(body);
  const asked = CHANGEABLE.filter((field) => !isZero(body.value(field))).map(
    (field) => [field, body.value(field)] as const,
  );
  return {
    // By 0 and less a limit is taken away, and by no number it stays.
    resources: pids === undefined ? resources : { ...resources, pids: { limit: pids } },
    asked: Object.fromEntries(pids === undefined ? asked : [...asked, ["PidsLimit", pids]]),
  };
}

/** What a container keeps from its creation on; Docker takes that too, and forgets it. */
function refuseOthers({ source }: Fields): void {
  for (const [field, value] of Object.entries(source)) {
    const isDefault = isZero(value) || (/^memoryswappiness$/i.test(field) && value === -1);
    if (isDefault || KNOWN.has(field.toLowerCase())) continue;
    throw new EngineError("invalid", `${field} cannot be changed after a container was created`);
  }
}
