import type { ProgressLine } from "../../client/wire.ts";
import { type Io, type Output, print } from "../io.ts";
import { LiveLines } from "./live-lines.ts";
import { formatPlain, isStep } from "./progress-text.ts";

export interface ProgressOptions {
  /** Where it is told; stdout where this says nothing. */
  readonly to?: "stdout" | "stderr";
  /** Nothing is told, but a failure is one. */
  readonly quiet?: boolean;
  /** Gets what is not for the user's eyes. */
  readonly onAux?: (aux: unknown) => void;
}

/** Shows how a request of the daemon goes, to its end; an error in the stream is thrown. */
export async function showProgress(
  lines: AsyncIterable<ProgressLine>,
  io: Io,
  { to = "stdout", quiet = false, onAux }: ProgressOptions = {},
): Promise<void> {
  const view = quiet ? SILENT : await makeView(io, to);
  try {
    for await (const line of lines) {
      const problem = line.errorDetail?.message || line.error;
      if (problem) throw new Error(problem);
      if (line.aux === undefined) await view.show(line);
      else onAux?.(line.aux);
    }
  } finally {
    await view.close();
  }
}

interface ProgressView {
  show(line: ProgressLine): Promise<void>;
  close(): Promise<void>;
}

const SILENT: ProgressView = { show: async () => undefined, close: async () => undefined };

async function makeView(io: Io, to: "stdout" | "stderr"): Promise<ProgressView> {
  const output = io[to];
  if (io.env["TERM"] === "dumb" || !(await io.terminal.isTerminal(to))) return plainView(output);
  const live = new LiveLines(output, () => io.terminal.size(to));
  const plain = plainView(output);
  return {
    async show(line) {
      if (isStep(line)) return live.update(line.id ?? "", line);
      await live.close();
      await plain.show(line);
    },
    close: () => live.close(),
  };
}

function plainView(output: Output): ProgressView {
  return { show: (line) => print(output, formatPlain(line)), close: async () => undefined };
}
