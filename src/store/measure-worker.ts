// The thread that measures trees: it waits for the disk while the daemon's own thread serves.

import { hasCode } from "./disk-error.ts";
import type { MeasureAnswer, MeasureRequest } from "./measure-thread.ts";
import { measureTree } from "./tree-size.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<MeasureRequest>) => {
  const answer: MeasureAnswer = { job: data.job, ...measure(data) };
  self.postMessage(answer);
};

function measure({ directory, copiedFrom }: MeasureRequest): Omit<MeasureAnswer, "job"> {
  try {
    return { size: measureTree(directory, copiedFrom) };
  } catch (cause) {
    // It was removed meanwhile.
    if (hasCode(cause, ["ENOENT"])) return { size: { fileBytes: 0, diskBytes: 0 } };
    return { problem: cause instanceof Error ? cause.message : String(cause) };
  }
}
