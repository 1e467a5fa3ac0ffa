import { parseBytes } from "../../base/byte-size.ts";
import { parseUnsigned } from "../flags/numbers.ts";
import { splitAtFirst } from "../flags/parse-flags.ts";

export interface DeviceWeight {
  readonly Path: string;
  readonly Weight: number;
}

export interface DeviceRate {
  readonly Path: string;
  readonly Rate: number;
}

/** Reads `DEVICE:WEIGHT`. */
export function parseWeight(written: string): DeviceWeight {
  const [Path, weight] = splitDevice(written);
  const Weight = orUndefined(() => parseUnsigned(weight, 1000));
  if (Weight === undefined || (Weight > 0 && Weight < 10)) {
    throw new Error(`invalid weight for device: ${written}`);
  }
  return { Path, Weight };
}

const FORMAT = "The correct format is <device-path>:<number>";

/** Reads `DEVICE:SIZE`. */
export function parseByteRate(written: string): DeviceRate {
  const [Path, size] = splitDevice(written);
  const Rate = orUndefined(() => parseBytes(size));
  if (Rate !== undefined) return { Path, Rate };
  const units = "Number must be a positive integer. Unit is optional and can be kb, mb, or gb";
  throw new Error(`invalid rate for device: ${written}. ${FORMAT}[<unit>]. ${units}`);
}

/** Reads `DEVICE:NUMBER`. */
export function parseCountRate(written: string): DeviceRate {
  const [Path, count] = splitDevice(written);
  const Rate = orUndefined(() => parseUnsigned(count, Number.MAX_SAFE_INTEGER));
  if (Rate !== undefined) return { Path, Rate };
  const note = "Number must be a positive integer";
  throw new Error(`invalid rate for device: ${written}. ${FORMAT}. ${note}`);
}

function splitDevice(written: string): readonly [path: string, value: string] {
  const [path, value] = splitAtFirst(written, ":");
  if (value === undefined || path === "") throw new Error(`bad format: ${written}`);
  if (!path.startsWith("/dev/")) throw new Error(`bad format for device path: ${written}`);
  return [path, value];
}

function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    // The caller's text says what the whole option should look like.
    return undefined;
  }
}
