import type { Observer } from "../../runtime/observer.ts";
import { hasCode } from "../../store/disk-error.ts";
import type { Container } from "../containers/container.ts";

interface HaltContext {
  readonly runtime: { readonly observer: Pick<Observer, "freeze" | "thaw"> };
}

/** Runs `work` while a container's processes stand still. One that is paused, before or meanwhile, stays so. */
export async function whileHalted<Result>(
  { runtime: { observer } }: HaltContext,
  container: Pick<Container, "id" | "isRunning" | "isPaused" | "haltsUnderWay">,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!container.isRunning || container.isPaused) return await work();
  container.haltsUnderWay += 1;
  try {
    await observer.freeze(container.id).catch(ignoreGone);
    return await work();
  } finally {
    container.haltsUnderWay -= 1;
    const isWanted = container.isPaused || container.haltsUnderWay > 0;
    if (!isWanted) await observer.thaw(container.id).catch(ignoreGone);
  }
}

/** It has ended meanwhile, and its cgroup is gone. */
function ignoreGone(cause: unknown): void {
  if (!hasCode(cause, ["ENOENT"])) throw cause;
}
