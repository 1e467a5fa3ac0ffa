import type { WhyView } from "../../engine/control-facade.ts";
import type { WhyJson } from "./why-json.ts";

/** A container's story, as `GET /containers/{id}/why` tells it. */
export function toWhyJson(view: WhyView): WhyJson {
  const { memoryLimitBytes, memoryPeakBytes } = view;
  return {
    Id: view.id,
    Name: view.name,
    Status: view.status,
    What: view.what,
    Why: view.why,
    Advice: view.advice,
    ExitCode: view.exitCode,
    Signal: view.signal,
    OOMKilled: view.oomKilled,
    ...(memoryLimitBytes === undefined ? {} : { MemoryLimit: memoryLimitBytes }),
    ...(memoryPeakBytes === undefined ? {} : { MemoryPeak: memoryPeakBytes }),
  };
}
