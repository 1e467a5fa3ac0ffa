import type { Device } from "../../oci/runtime-spec.ts";

/** A device of the host, by its path. */
export interface DeviceRequest extends Pick<Device, "path"> {
  readonly hostPath: string;
  /** Some of `rwm`. */
  readonly access: string;
}

/** Devices that a driver knows by name; Docker's DeviceRequest. */
export interface NamedDevices {
  /** `cdi`: `ids` are names such as `vendor.com/class=name`. Empty: whichever has what is asked for. */
  readonly driver: string;
  /** -1: all of them. */
  readonly count: number;
  readonly ids: readonly string[];
  /** All of one of these lists. */
  readonly capabilities: readonly (readonly string[])[];
  readonly options: Readonly<Record<string, string>>;
}
