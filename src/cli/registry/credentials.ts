import { asRecord, asText } from "../format/json-object.ts";
import type { Io } from "../io.ts";
import { type ConfigFile, listEntries, saveEntry } from "./config-file.ts";
import { CredentialHelper } from "./credential-program.ts";

/** Who somebody is to a registry. What there is none of is empty. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly identityToken: string;
  readonly registryToken: string;
}

export const NO_CREDENTIALS: Credentials = {
  username: "",
  password: "",
  identityToken: "",
  registryToken: "",
};

/** Credentials by the name of the server they are for. */
export interface CredentialStore {
  /** Those of no one where none are known. */
  find(server: string): Promise<Credentials>;
  /** Says whether that has put a password into a file as it is. */
  save(server: string, credentials: Credentials): Promise<"in-plain-text" | "safe">;
  /** Removing what is not there is no failure. */
  remove(server: string): Promise<void>;
}

/** Where a server's credentials are kept, as the config file says. */
export async function chooseStore(
  config: ConfigFile,
  server: string,
  io: Io,
): Promise<CredentialStore> {
  const file = new FileStore(config);
  const name = await chooseHelper(config, server, io);
  return name === "" ? file : new HelperStore(new CredentialHelper(name, io), file);
}

const USUAL_HELPERS = { pass: "pass", secretservice: "secretservice" } as const;

async function chooseHelper({ json }: ConfigFile, server: string, io: Io): Promise<string> {
  const { credHelpers, credsStore, auths } = json;
  const own = asRecord(credHelpers)[server];
  if (own !== undefined) return asText(own);
  const chosen = asText(credsStore);
  const isFresh = Object.keys({ ...asRecord(auths), ...asRecord(credHelpers) }).length === 0;
  if (chosen !== "" || !isFresh) return chosen;
  // A user who has kept nothing yet gets the system's keyring, where there is one.
  const options = io.env["PATH"] === undefined ? {} : { PATH: io.env["PATH"] };
  const has = (program: string) => Bun.which(program, options) !== null;
  const usual = has("pass") ? USUAL_HELPERS.pass : USUAL_HELPERS.secretservice;
  return has(`docker-credential-${usual}`) ? usual : "";
}

class FileStore implements CredentialStore {
  readonly #config: ConfigFile;

  constructor(config: ConfigFile) {
    this.#config = config;
  }

  async find(server: string): Promise<Credentials> {
    const entries = listEntries(this.#config);
    const exact = entries.get(server);
    if (exact !== undefined) return exact;
    // Files from before have the scheme and the path in the server's name.
    const old = [...entries].find(([name]) => toHostname(name) === server);
    return old?.[1] ?? NO_CREDENTIALS;
  }

  async save(server: string, credentials: Credentials) {
    if (Bun.deepEquals(listEntries(this.#config).get(server), credentials)) return "safe" as const;
    await saveEntry(this.#config, server, credentials);
    return credentials.password === "" ? ("safe" as const) : ("in-plain-text" as const);
  }

  async remove(server: string): Promise<void> {
    if (!listEntries(this.#config).has(server)) return;
    await saveEntry(this.#config, server, undefined);
  }
}

/** The file then only says that there is something for that server. */
class HelperStore implements CredentialStore {
  readonly #helper: CredentialHelper;
  readonly #file: FileStore;

  constructor(helper: CredentialHelper, file: FileStore) {
    this.#helper = helper;
    this.#file = file;
  }

  async find(server: string): Promise<Credentials> {
    const { registryToken } = await this.#file.find(server);
    return { ...NO_CREDENTIALS, registryToken, ...(await this.#helper.find(server)) };
  }

  async save(server: string, credentials: Credentials) {
    await this.#helper.save(server, credentials);
    const { registryToken } = credentials;
    return this.#file.save(server, { ...NO_CREDENTIALS, registryToken });
  }

  async remove(server: string): Promise<void> {
    await this.#helper.remove(server);
    await this.#file.remove(server);
  }
}

/** The `host[:port]` of what may be a URL. */
export function toHostname(server: string): string {
  const [, rest = server] = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/(?:[^/@]*@)?(.*)$/s.exec(server) ?? [];
  return rest.split("/", 1)[0] ?? "";
}
