import { parseExact } from "../../client/json.ts";
import { CommandError } from "../command.ts";
import { asRecord, asText, type JsonObject } from "../format/json-object.ts";
import { type Io, print } from "../io.ts";
import type { Credentials } from "./credentials.ts";

/** Docker's file of settings, of which only the credentials are ours. */
export interface ConfigFile {
  readonly path: string;
  /** All that is in it, in its order: what we do not know is kept. */
  readonly json: JsonObject;
}

/** Where the file is: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`. */
function configPath({ DOCKER_CONFIG, HOME = "" }: Io["env"]): string {
  return `${DOCKER_CONFIG || `${HOME}/.docker`}/config.json`;
}

/** Reads the file to change it; one that cannot be read is an error, since writing would lose it. */
export async function loadConfig({ env }: Pick<Io, "env">): Promise<ConfigFile> {
  const path = configPath(env);
  const text = await readText(path);
  try {
    const json = asObject(text.trim() === "" ? {} : parseExact(text));
    for (const entry of Object.values(asRecord(json["auths"]))) decodeEntry(entry);
    return { path, json };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`Error parsing config file (${path}): ${reason}`, 1, { cause });
  }
}

/** Reads the file to use it; one that cannot be read is warned of, and holds nothing. */
export async function loadConfigOrWarn(io: Io): Promise<ConfigFile> {
  try {
    return await loadConfig(io);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    await print(io.stderr, `WARNING: ${error.message}\n`);
    return { path: configPath(io.env), json: {} };
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`Error loading config file: ${path}: ${reason}`, 1, { cause: error });
  }
}

function asObject(value: unknown): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return asRecord(value);
  throw new Error("it is not a JSON object");
}

/** The entries of `auths`, by the server's name as it is written there. */
export function listEntries({ json }: ConfigFile): ReadonlyMap<string, Credentials> {
  const entries = Object.entries(asRecord(json["auths"]));
  return new Map(entries.map(([server, entry]) => [server, decodeEntry(entry)]));
}

function decodeEntry(entry: unknown): Credentials {
  const fields = asRecord(entry);
  const { username, password } = decodeAuth(asText(fields["auth"])) ?? {
    username: asText(fields["username"]),
    password: asText(fields["password"]),
  };
  return {
    username,
    password,
    identityToken: asText(fields["identitytoken"]),
    registryToken: asText(fields["registrytoken"]),
  };
}

function decodeAuth(auth: string): { username: string; password: string } | undefined {
  if (auth === "") return undefined;
  if (!/^[A-Za-z0-9+/\r\n]*={0,2}$/.test(auth)) throw new Error("illegal base64 data");
  const text = Buffer.from(auth, "base64").toString();
  const colon = text.indexOf(":");
  if (colon < 0) throw new Error("invalid auth configuration file");
  return {
    username: text.slice(0, colon),
    password: text.slice(colon + 1).replace(/^\0+|\0+$/g, ""),
  };
}

/** The file with an entry put in, or taken out where there are no credentials. */
export async function saveEntry(
  config: ConfigFile,
  server: string,
  credentials: Credentials | undefined,
): Promise<void> {
  const { [server]: _, ...others } = asRecord(config.json["auths"]);
  const entry = credentials === undefined ? {} : { [server]: encodeEntry(credentials) };
  await writePrivate(config.path, { ...config.json, auths: { ...others, ...entry } });
}

function encodeEntry({ username, password, ...tokens }: Credentials): JsonObject {
  const named = username !== "" || password !== "";
  return {
    ...(named ? { auth: Buffer.from(`${username}:${password}`).toString("base64") } : {}),
    ...(tokens.identityToken === "" ? {} : { identitytoken: tokens.identityToken }),
    ...(tokens.registryToken === "" ? {} : { registrytoken: tokens.registryToken }),
  };
}

/** The file appears whole, and for its owner's eyes only; a link to it stays one. */
async function writePrivate(link: string, json: JsonObject): Promise<void> {
  const { mkdir, open, realpath, rename, unlink } = await import("node:fs/promises");
  const path = await realpath(link).catch(() => link); // It may not be there yet.
  await mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
  const temporary = `${path}.sampan-${crypto.randomUUID()}`;
  try {
    await using file = await open(temporary, "wx", 0o600);
    await file.writeFile(JSON.stringify(json, undefined, "\t"));
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined); // It may not even have been made.
    throw error;
  }
}
