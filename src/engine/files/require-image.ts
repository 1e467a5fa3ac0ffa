import { EngineError } from "../../base/errors.ts";
import type { Container } from "../containers/container.ts";

/** A container that runs a directory has changed just that: there is nothing beside to tell it from. */
export function requireImage(container: Container, action: string): Container {
  const { rootfs } = container.record.config.host;
  if (rootfs === undefined) return container;
  const message = `Cannot ${action} container "${container.name}": its root is "${rootfs}", and no image`;
  throw new EngineError("conflict", message);
}
