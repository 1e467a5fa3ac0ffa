import type { CheckEvent } from "../../engine/system-facade.ts";

/** The lines of a check. What goes wrong on the way is the last one. */
export async function* encodeCheck(events: AsyncIterable<CheckEvent>): AsyncGenerator<string> {
  try {
    for await (const event of events) yield line(toLine(event));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    yield line({ errorDetail: { message }, error: message });
  }
}

function toLine(event: CheckEvent): object {
  switch (event.kind) {
    case "status":
      return { status: event.text };
    case "finding":
      return { finding: event.finding };
    case "summary": {
      const { counts, findings, mended } = event;
      return { summary: { ...counts, findings, mended } };
    }
  }
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
