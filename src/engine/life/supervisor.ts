import type { Container } from "../containers/container.ts";
import type { Supervision } from "../containers/context.ts";
import type { StartContext } from "../containers/start.ts";
import { HealthChecks } from "../health/health-checks.ts";
import { Restarts } from "./restarts.ts";
import { TimeLimits } from "./time-limits.ts";

/** Goes along with the lives of all containers, from when it is told to begin. */
export class Supervisor implements Supervision {
  #restarts: Restarts | undefined;
  #checks: HealthChecks | undefined;
  #limits: TimeLimits | undefined;

  /** Takes up the containers that there are: those of an earlier daemon. */
  begin(context: StartContext): void {
    const restarts = new Restarts(context);
    const checks = new HealthChecks(context);
    this.#restarts = restarts;
    this.#checks = checks;
    const limits = new TimeLimits(context);
    this.#limits = limits;
    const end = () => {
      for (const part of [restarts, checks, limits]) part[Symbol.dispose]();
    };
    context.closing.addEventListener("abort", end, { once: true });
    for (const container of context.containers.list()) {
      if (container.isRunning) {
        checks.begin(container, "found");
        limits.begin(container);
      } else restarts.resume(container);
    }
  }

  started(container: Container): void {
    this.#checks?.begin(container, "started");
    this.#limits?.begin(container);
    this.#restarts?.follow(container);
  }

  ended(container: Container): void {
    this.#checks?.end(container);
    this.#limits?.end(container);
    this.#restarts?.follow(container);
  }
}
