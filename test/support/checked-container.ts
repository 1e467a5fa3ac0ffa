import type { Health, Healthcheck, HostOptions } from "../../src/engine/model.ts";
import type { TestConfig } from "./container-config.ts";
import type { EngineWorld } from "./engine-world.ts";
import { waitUntil } from "./wait-until.ts";

const FAST = { intervalMs: 20, retries: 2 };

/** A container that is checked fifty times a second. */
export function checked(
  test: readonly string[],
  more: {
    readonly check?: Healthcheck;
    readonly host?: Partial<HostOptions>;
    script?: string;
  } = {},
): TestConfig {
  const { check = {}, host = {}, script = "exec sleep 1000" } = more;
  return { command: ["sh", "-c", script], healthcheck: { ...FAST, test, ...check }, host };
}

/** Waits until a container's checks have found it to be so. */
export async function becomeHealth(
  world: EngineWorld,
  id: string,
  status: Health["status"],
): Promise<Health> {
  let health: Health | undefined;
  await waitUntil(`${id} is ${status}`, async () => {
    health = (await world.engine.containers.get(id)).health;
    return health?.status === status;
  });
  if (health === undefined) throw new Error("it has no health");
  return health;
}
