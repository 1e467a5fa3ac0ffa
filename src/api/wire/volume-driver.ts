import { EngineError, type ErrorKind } from "../../base/errors.ts";

/** The one driver that there is. */
export const VOLUME_DRIVER = "local";

/** Refuses all other drivers, with Docker's text. */
export function checkVolumeDriver(name: string, volume: string, kind: ErrorKind): void {
  if (name === "" || name === VOLUME_DRIVER) return;
  const reason = `error looking up volume plugin ${name}: plugin ${JSON.stringify(name)} not found`;
  throw new EngineError(kind, `create ${volume}: ${reason}`);
}
