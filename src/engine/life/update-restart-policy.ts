import { EngineError } from "../../base/errors.ts";
import type { Container } from "../containers/container.ts";
import { containerEvent } from "../containers/container-events.ts";
import type { Context } from "../containers/context.ts";
import { toRow } from "../containers/record.ts";
import type { RestartPolicy } from "../model.ts";

/** Gives a container another restart policy, which its next end follows. */
export async function updateRestartPolicy(
  context: Context,
  container: Container,
  restart: RestartPolicy,
): Promise<void> {
  await container.lock.run(async () => {
    const { record } = container;
    if (container.isRemoved) {
      throw new EngineError("not-found", `No such container: ${container.id}`);
    }
    const { host } = record.config;
    if (host.autoRemove && restart.name !== "no") {
      throw new EngineError(
        "conflict",
        "Restart policy cannot be updated because AutoRemove is enabled for the container",
      );
    }
    container.record = { ...record, config: { ...record.config, host: { ...host, restart } } };
    context.store.containers.update(toRow(container.record));
    context.events.publish(containerEvent(container.record, "update"));
  });
}
