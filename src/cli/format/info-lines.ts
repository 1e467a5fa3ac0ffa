import { asRecord, asText, type JsonObject, listOf } from "./json-object.ts";
import { formatBinarySize } from "./units.ts";

/** The daemon's account of itself, one fact a line. */
export function formatServerInfo(server: JsonObject): string {
  const lines = [
    ...pick(server, COUNTS),
    ...pick(server, DRIVERS),
    ...formatPairs(server["DriverStatus"]),
    ...pick(server, LOGGING),
    ...formatPlugins(asRecord(server["Plugins"])),
    ...formatList("CDI spec directories", listOf(server["CDISpecDirs"]).map(asText)),
    ...formatList("Discovered Devices", listOf(server["DiscoveredDevices"]).map(formatDevice)),
    ...formatRuntimes(server),
    ...formatSecurity(listOf(server["SecurityOptions"]).map(asText)),
    ...pick(server, HOST),
    ` Total Memory: ${formatBinarySize(Number(server["MemTotal"] ?? 0))}`,
    ...pick(server, IDENTITY),
    ...formatList("Labels", listOf(server["Labels"]).map(asText)),
    ` Experimental: ${asText(server["ExperimentalBuild"]) || "false"}`,
    ...formatRegistries(asRecord(server["RegistryConfig"])),
    ` Live Restore Enabled: ${asText(server["LiveRestoreEnabled"]) || "false"}`,
  ];
  return `${lines.join("\n")}\n\n`;
}

/** What the daemon says that its host cannot do. */
export function listWarnings(server: JsonObject): readonly string[] {
  return listOf(server["Warnings"]).map(asText);
}

type Facts = readonly (readonly [label: string, field: string])[];

const COUNTS: Facts = [
  ["Containers", "Containers"],
  [" Running", "ContainersRunning"],
  [" Paused", "ContainersPaused"],
  [" Stopped", "ContainersStopped"],
  ["Images", "Images"],
  ["Server Version", "ServerVersion"],
];
const DRIVERS: Facts = [["Storage Driver", "Driver"]];
const LOGGING: Facts = [
  ["Logging Driver", "LoggingDriver"],
  ["Cgroup Driver", "CgroupDriver"],
  ["Cgroup Version", "CgroupVersion"],
];
const HOST: Facts = [
  ["Kernel Version", "KernelVersion"],
  ["Operating System", "OperatingSystem"],
  ["OSType", "OSType"],
  ["Architecture", "Architecture"],
  ["CPUs", "NCPU"],
];
const IDENTITY: Facts = [
  ["Name", "Name"],
  ["ID", "ID"],
  ["Docker Root Dir", "DockerRootDir"],
  ["Debug Mode", "Debug"],
  ["HTTP Proxy", "HttpProxy"],
  ["HTTPS Proxy", "HttpsProxy"],
  ["No Proxy", "NoProxy"],
];

/** A field that the daemon leaves out has no line. */
function pick(server: JsonObject, facts: Facts): readonly string[] {
  return facts
    .filter(([, field]) => server[field] !== undefined && server[field] !== "")
    .map(([label, field]) => ` ${label}: ${asText(server[field])}`);
}

function formatPairs(pairs: unknown): readonly string[] {
  return listOf(pairs).map((pair) => {
    const [name, value] = listOf(pair).map(asText);
    return `  ${name}: ${value}`;
  });
}

const PLUGIN_KINDS = ["Volume", "Network", "Authorization", "Log"];

function formatPlugins(plugins: JsonObject): readonly string[] {
  const lines = PLUGIN_KINDS.map((kind) => [kind, listOf(plugins[kind])] as const)
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `  ${kind}: ${names.map(asText).join(" ")}`);
  return lines.length === 0 ? [] : [" Plugins:", ...lines];
}

function formatDevice(device: unknown): string {
  const { Source, ID } = asRecord(device);
  return `${asText(Source)}: ${asText(ID)}`;
}

function formatRuntimes(server: JsonObject): readonly string[] {
  const names = Object.keys(asRecord(server["Runtimes"])).sort();
  if (names.length === 0) return [];
  return [
    ` Runtimes: ${names.join(" ")}`,
    ...pick(server, [["Default Runtime", "DefaultRuntime"]]),
  ];
}

/** Options come as `name=seccomp,profile=default`. */
function formatSecurity(options: readonly string[]): readonly string[] {
  if (options.length === 0) return [];
  const lines = options.flatMap((option) =>
    option.split(",").map((part) => {
      const [key = "", value] = part.split("=");
      if (value === undefined || key === "name") return `  ${value ?? key}`;
      return `   ${key.charAt(0).toUpperCase()}${key.slice(1)}: ${value}`;
    }),
  );
  return [" Security Options:", ...lines];
}

/** Those that are not asked the usual way. */
function formatRegistries(config: JsonObject): readonly string[] {
  const insecure = Object.entries(asRecord(config["IndexConfigs"]))
    .filter(([, index]) => asRecord(index)["Secure"] === false)
    .map(([name]) => name);
  const ranges = listOf(config["InsecureRegistryCIDRs"]).map(asText);
  return [
    ...formatList("Insecure Registries", [...insecure, ...ranges]),
    ...formatList("Registry Mirrors", listOf(config["Mirrors"]).map(asText)),
  ];
}

function formatList(label: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [` ${label}:`, ...items.map((item) => `  ${item}`)];
}
