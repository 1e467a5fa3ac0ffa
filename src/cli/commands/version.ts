import { API_VERSION } from "../../client/api-transport.ts";
import { SystemApi } from "../../client/system.ts";
import type { Transport } from "../../client/transport.ts";
import { CLIENT_VERSION } from "../client-version.ts";
import { command } from "../command.ts";
import { format } from "../flags/shared-flags.ts";
import { asRecord, asText, type JsonObject, listOf } from "../format/json-object.ts";
import { print } from "../io.ts";

export const version = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: { format: format({ short: "f" }) },
  async run({ flags, io, connect }) {
    const asked = await askServer(await connect());
    const versions = {
      Client: describeClient(asked.apiVersion),
      ...("server" in asked ? { Server: asked.server } : {}),
    };
    if (flags.format !== "") {
      const { printObject } = await import("../format/print-objects.ts");
      await printObject(io, flags.format, versions);
    } else {
      const server = "server" in asked ? `\n${formatServer(asked.server)}` : "";
      await print(io.stdout, formatClient(versions.Client) + server);
    }
    if ("server" in asked) return 0;
    const { describeError } = await import("../report-error.ts");
    await print(io.stderr, `${describeError(asked.error)}\n`);
    return 1;
  },
});

type Answer =
  | { readonly apiVersion: string; readonly server: JsonObject }
  | { readonly apiVersion: string; readonly error: unknown };

/** The client's own version is worth telling even where no daemon answers. */
async function askServer(transport: Transport): Promise<Answer> {
  try {
    const server = asRecord(await new SystemApi(transport).version());
    return { apiVersion: await transport.version(), server };
  } catch (error) {
    return { apiVersion: API_VERSION, error };
  }
}

function describeClient(apiVersion: string) {
  return {
    Version: CLIENT_VERSION,
    ApiVersion: apiVersion,
    DefaultAPIVersion: API_VERSION,
    BunVersion: Bun.version,
    Os: "linux",
    Arch: process.arch === "x64" ? "amd64" : process.arch,
  };
}

function formatClient(client: ReturnType<typeof describeClient>): string {
  const { ApiVersion, DefaultAPIVersion } = client;
  const downgraded =
    ApiVersion === DefaultAPIVersion ? "" : ` (downgraded from ${DefaultAPIVersion})`;
  return formatLines([
    ["Client:"],
    [" Version", client.Version],
    [" API version", ApiVersion + downgraded],
    [" Bun version", client.BunVersion],
    [" OS/Arch", `${client.Os}/${client.Arch}`],
  ]);
}

function formatServer(server: JsonObject): string {
  const platform = asText(asRecord(server["Platform"])["Name"]);
  const components = listOf(server["Components"]).map(asRecord);
  const [first = "", ...rest] = components.map(formatComponent);
  // Some daemons do not list their components.
  const engine = components.length === 0 ? formatEngine(server) : first;
  return [`Server:${platform === "" ? "" : ` ${platform}`}\n`, engine, ...rest].join("");
}

function formatComponent(component: JsonObject): string {
  const name = asText(component["Name"]);
  const details = asRecord(component["Details"]);
  if (name !== "Engine") {
    const rows = Object.entries(details).map(
      ([key, value]) => [`  ${key}`, asText(value)] as const,
    );
    return formatLines([[` ${name}:`], ["  Version", asText(component["Version"])], ...rows]);
  }
  return formatEngine({ ...details, Version: component["Version"] });
}

function formatEngine(details: JsonObject): string {
  const text = (key: string) => asText(details[key]);
  const minimum = text("MinAPIVersion");
  const built = new Date(text("BuildTime"));
  return formatLines([
    [" Engine:"],
    ["  Version", text("Version")],
    ["  API version", `${text("ApiVersion")} (minimum version ${minimum})`],
    ...runtimeRows(text("GoVersion")),
    ["  Git commit", text("GitCommit")],
    ["  Built", Number.isNaN(built.getTime()) ? text("BuildTime") : built.toUTCString()],
    ["  OS/Arch", `${text("Os")}/${text("Arch")}`],
    ["  Experimental", text("Experimental") === "true" ? "true" : "false"],
  ]);
}

/** The field for Go's version is where a daemon says what it is run by. */
function runtimeRows(version: string): readonly (readonly [string, string])[] {
  if (version === "") return [];
  const [, name = "Go", number = version] = /^(\w+) (.*)$/.exec(version) ?? [];
  return [[`  ${name} version`, number]];
}

function formatLines(rows: readonly (readonly [label: string, value?: string])[]): string {
  return rows
    .map(([label, value]) =>
      value === undefined ? `${label}\n` : `${`${label}:`.padEnd(20)}${value}\n`,
    )
    .join("");
}
