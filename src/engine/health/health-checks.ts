import { explain } from "../../base/errors.ts";
import type { Container } from "../containers/container.ts";
import { toRow } from "../containers/record.ts";
import { restartContainer } from "../containers/restart.ts";
import type { StartContext } from "../containers/start.ts";
import { killAndWait, stopContainer } from "../containers/stop.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { endedHealth, startingHealth } from "./health-state.ts";
import { isChecked } from "./healthcheck.ts";
import { parseProbe } from "./probe.ts";

/** Watches over the health of the containers that run and have a check. */
export class HealthChecks implements Disposable {
  readonly #context: StartContext;
  readonly #monitors = new Map<Container, HealthMonitor>();

  constructor(context: StartContext) {
    this.#context = context;
  }

  /** Begins to watch a container that was started, or goes on with one that was found running. */
  begin(container: Container, how: "started" | "found"): void {
    const { effective } = container.record;
    const { running } = container;
    const check = effective.healthcheck;
    if (!isChecked(check) || running === undefined) return;
    const probe = this.#tryParse(() => parseProbe(check.test ?? [], check.shell));
    if (probe === undefined) return;
    if (how === "started" || container.health === undefined) {
      container.health = startingHealth(container.health);
      container.record = { ...container.record, health: container.health };
      this.#context.store.containers.update(toRow(container.record));
    }
    this.#monitors.get(container)?.[Symbol.dispose]();
    const onUnhealthy = () => void this.#react(container).catch(this.#context.report);
    const watch = { container, running, check, probe, onUnhealthy };
    this.#monitors.set(container, new HealthMonitor(this.#context, watch));
  }

  /** Watches a container no more. */
  end(container: Container): void {
    this.#monitors.get(container)?.[Symbol.dispose]();
    this.#monitors.delete(container);
    if (container.health === undefined) return;
    container.health = endedHealth(container.health);
    container.record = { ...container.record, health: container.health };
  }

  [Symbol.dispose](): void {
    for (const monitor of this.#monitors.values()) monitor[Symbol.dispose]();
    this.#monitors.clear();
  }

  /** An image may ask for a kind of check that nobody knows; as in Docker, it then has none. */
  #tryParse<Parsed>(parse: () => Parsed): Parsed | undefined {
    try {
      return parse();
    } catch (error) {
      this.#context.report(error);
      return undefined;
    }
  }

  async #react(container: Container): Promise<void> {
    const action = container.record.config.host.onUnhealthy;
    if (action === undefined) return;
    container.endReason = "It was found unhealthy";
    try {
      if (action === "kill") await killAndWait(this.#context, container, "unhealthy");
      else if (action === "stop") await stopContainer(this.#context, container, {});
      else await restartContainer(this.#context, container, {});
    } catch (cause) {
      throw explain(cause, `Cannot ${action} the unhealthy container "${container.name}"`);
    }
  }
}
