export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

export interface Devices {
  readonly mappings: readonly DeviceMapping[];
  /** Names of the Container Device Interface. */
  readonly cdiNames: readonly string[];
}

/** What `--device` asks for. */
export function parseDevices(written: readonly string[]): Devices {
  const isCdi = (name: string) => /^[^/=:]+\/[^/=:]+=[^/=]+$/.test(name);
  return {
    mappings: written.filter((name) => !isCdi(name)).map(parseDevice),
    cdiNames: written.filter(isCdi),
  };
}

const ALL_ACCESS = "rwm";

/** Reads `PATH[:PATH][:ACCESS]`. */
function parseDevice(written: string): DeviceMapping {
  const parts = written.split(":");
  if (written === "" || parts.length > 3) throw new Error(`bad format for path: ${written}`);
  const [source = "", second, third] = parts;
  const secondIsAccess = third === undefined && second !== undefined && isAccess(second);
  const target = secondIsAccess ? undefined : second;
  const access = secondIsAccess ? second : (third ?? ALL_ACCESS);
  const inside = target === undefined || target === "" ? source : target;
  for (const path of [inside, source]) {
    if (!path.startsWith("/")) throw new Error(`${path} is not an absolute path`);
  }
  if (!isAccess(access)) throw new Error(`bad mode specified: ${access}`);
  return { PathOnHost: source, PathInContainer: inside, CgroupPermissions: access };
}

function isAccess(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}
