import type { StopOptions } from "../facade.ts";
import type { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import { type StartContext, startContainer } from "./start.ts";
import { stopContainer } from "./stop.ts";

/** Stops a container if it runs, and starts it. */
export async function restartContainer(
  context: StartContext,
  container: Container,
  options: StopOptions,
): Promise<void> {
  // With --rm too: this end is not the last.
  container.restartsUnderWay += 1;
  try {
    await stopContainer(context, container, options);
    await startContainer(context, container);
  } finally {
    container.restartsUnderWay -= 1;
  }
  context.events.publish(containerEvent(container.record, "restart"));
}
