import { type Container, notRunning } from "../../containers/container.ts";
import { containerEvent } from "../../containers/container-events.ts";
import type { StartContext } from "../../containers/start.ts";
import { hasEnded } from "../../containers/sudden-end.ts";
import type { ProcessList } from "../../control-facade.ts";
import { accountNames, type UserFiles } from "../../spec/user.ts";
import type { ProcessContext } from "./columns.ts";
import { parsePsArguments } from "./ps-arguments.ts";

const PAGE_BYTES = 4096;

/**
 * The processes of a container, by their ids on the host and with the users that they are inside. No
 * `ps` is run: none need be there, and none is given arguments that come from a client.
 */
export async function listProcesses(
  context: StartContext,
  container: Container,
  arguments_: string,
): Promise<ProcessList> {
  const { id } = container;
  const running = container.requireProgram();
  const columns = parsePsArguments(arguments_);
  const accounts = await context.accounts.read(running).catch(async (cause) => {
    throw (await hasEnded(running)) ? notRunning(id, cause) : cause;
  });
  const shown = contextOf(context, container, accounts);
  const processes = context.runtime.observer
    .processes(id)
    .map((process) => columns.map(({ column }) => column.show(process, shown)));
  context.events.publish(containerEvent(container.record, "top"));
  return { titles: columns.map(({ title }) => title), processes };
}

function contextOf(
  { runtime, facts }: StartContext,
  { record }: Container,
  files: UserFiles,
): ProcessContext {
  const { users, groups } = accountNames(files);
  const inside = (hostId: number) => {
    const range = record.userNamespace;
    if (range === "host") return hostId;
    const id = hostId - range.hostId;
    return id >= 0 && id < range.size ? id : hostId;
  };
  return {
    uptimeTicks: runtime.observer.uptimeTicks(),
    nowMs: Date.now(),
    memoryBytes: facts.memoryBytes,
    pageBytes: PAGE_BYTES,
    user: (hostId) => users.get(inside(hostId)) ?? String(inside(hostId)),
    group: (hostId) => groups.get(inside(hostId)) ?? String(inside(hostId)),
    userId: (hostId) => String(inside(hostId)),
    groupId: (hostId) => String(inside(hostId)),
  };
}
