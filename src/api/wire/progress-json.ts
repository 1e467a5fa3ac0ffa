import { EngineError, firstFailure } from "../../base/errors.ts";
import type { ImageProgress } from "../../engine/registry-facade.ts";

/** A line of a progress stream; Docker's end with a carriage return too. */
export function encodeLine(value: unknown): string {
  return `${JSON.stringify(value)}\r\n`;
}

/** How a stream tells that it failed, when its status has long been sent. */
export function encodeFailure({ message }: Error): string {
  return encodeLine({ errorDetail: { message }, error: message });
}

/** A line of a pull or a push, with the drawing that Docker's daemon adds for the simplest clients. */
export function toProgressJson(line: ImageProgress): object {
  if ("aux" in line) return { progressDetail: {}, aux: line.aux };
  const { status, id, progress } = line;
  if (progress === undefined)
    return { status, ...(id === undefined ? {} : { progressDetail: {}, id }) };
  return { status, progressDetail: progress, progress: draw(progress), id };
}

const WIDTH = 50;

function draw({ current, total }: { readonly current: number; readonly total: number }): string {
  if (total <= 0 || current > total) return size(current).padStart(8);
  const filled = Math.floor((current * WIDTH) / total);
  const bar = `${"=".repeat(filled)}>`.padEnd(WIDTH + 1);
  return `[${bar.slice(0, WIDTH + 1)}] ${size(current).padStart(7)}/${size(total)}`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

function size(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  return `${Number((bytes / 1000 ** unit).toPrecision(4))}${UNITS[unit]}`;
}

/** Begins a stream: what fails before the first line is an HTTP status, later a line of its own. */
export async function encodeProgress<Line>(
  lines: AsyncIterable<Line>,
  encode: (line: Line) => object,
): Promise<AsyncGenerator<string>> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    try {
      for (let step = first; step.done !== true; step = await iterator.next()) {
        yield encodeLine(encode(step.value));
      }
    } catch (error) {
      yield encodeFailure(toError(firstFailure(error)));
      // What nobody foresaw is for the log, too.
      if (!(error instanceof EngineError)) throw error;
    } finally {
      await iterator.return?.();
    }
  })();
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
