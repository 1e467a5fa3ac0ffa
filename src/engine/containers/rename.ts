import { EngineError } from "../../base/errors.ts";
import type { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import type { Context } from "./context.ts";
import { parseContainerName } from "./names.ts";
import { toRow } from "./record.ts";

/** Gives a container another name, also while it runs. */
export async function renameContainer(
  context: Context,
  container: Container,
  text: string,
): Promise<void> {
  if (text === "") throw new EngineError("invalid", "Neither old nor new names may be empty");
  const name = parseContainerName(text);
  await container.lock.run(async () => {
    const oldName = container.name;
    if (container.isRemoved) {
      throw new EngineError("not-found", `No such container: ${container.id}`);
    }
    if (name === oldName) {
      const message = "Renaming a container with the same name as its current name";
      throw new EngineError("invalid", message);
    }
    const named = { ...container.record, name };
    const record = { ...named, endpoints: context.networks.rename(named) };
    context.store.containers.update(toRow(record));
    container.record = record;
    context.containers.rename(container, oldName);
    context.events.publish(containerEvent(record, "rename", { oldName: `/${oldName}` }));
  });
}
