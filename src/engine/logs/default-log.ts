import type { LogOptions } from "../model.ts";

/** What of the daemon's options holds for any driver: how logs that are sent elsewhere are kept here. */
const FOR_ANY_DRIVER = /^cache-/;

/**
 * What a container logs with: the daemon's driver where it asks for none, and the daemon's options
 * where the driver is the same, but for those that it sets itself.
 */
export function withDefaultLog(asked: LogOptions, byDefault: LogOptions): LogOptions {
  const driver = asked.driver === "default" ? byDefault.driver : asked.driver;
  if (driver === "none") return { driver, options: {} };
  const inherited = Object.entries(byDefault.options).filter(
    ([name]) => driver === byDefault.driver || FOR_ANY_DRIVER.test(name),
  );
  return { driver, options: { ...Object.fromEntries(inherited), ...asked.options } };
}
