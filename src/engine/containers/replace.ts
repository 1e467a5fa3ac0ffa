import { EngineError } from "../../base/errors.ts";
import type { Created, CreateRequest } from "../facade.ts";
import { createContainer, planCreate } from "./create.ts";
import { parseContainerName } from "./names.ts";
import { removeContainer } from "./remove.ts";
import type { StartContext } from "./start.ts";

/**
 * Creates a container in the place of the one that has its name, which is removed by force with its
 * anonymous volumes. A request that cannot be carried out leaves the old one alone.
 */
export async function replaceContainer(
  context: StartContext,
  request: CreateRequest,
): Promise<Created> {
  const { name = "" } = request;
  if (name === "") throw new EngineError("invalid", "To replace a container its name must be said");
  planCreate(context, request);
  const before = context.containers.findByName(parseContainerName(name));
  if (before !== undefined) {
    await removeContainer(context, before, { force: true, volumes: true });
  }
  return await createContainer(context, request);
}
