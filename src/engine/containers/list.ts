import type { ContainerQuery, ContainerView } from "../facade.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { compileListFilters } from "./list-filters.ts";
import { viewContainer, viewWithSize } from "./view.ts";

/** The containers that a query asks for, newest first. */
export async function listContainers(
  context: Context,
  query: ContainerQuery,
): Promise<readonly ContainerView[]> {
  const { limit = 0 } = query;
  const { status = [] } = query.filters;
  const isWanted = compileListFilters(query.filters, {
    createdAt: (ref) => context.containers.get(ref).record.createdAt,
    imageId: (ref) => context.images.find(ref)?.id,
  });
  // Who asks for a state or a number of containers means also those that do not run.
  const all = query.all || limit > 0 || status.length > 0;
  const found = context.containers
    .list()
    .filter((container) => (all || container.isActive) && isWanted(container.record));
  return await view(context, limit > 0 ? found.slice(0, limit) : found, query.size);
}

async function view(
  context: Context,
  containers: readonly Container[],
  withSize: boolean,
): Promise<readonly ContainerView[]> {
  if (!withSize) return containers.map((container) => viewContainer(context, container));
  return await Promise.all(containers.map((container) => viewWithSize(context, container)));
}
