import type { RegistryAuth } from "../../client/wire.ts";
import { type Io, print } from "../io.ts";
import { loadConfigOrWarn } from "./config-file.ts";
import { type Credentials, chooseStore, NO_CREDENTIALS } from "./credentials.ts";

const HUB = "docker.io";
/** The name by which Docker Hub's credentials are kept. */
export const HUB_SERVER = "https://index.docker.io/v1/";

/** What the daemon shows a registry in the user's name; empty for nobody in particular. */
export async function findRegistryAuth(registry: string, io: Io): Promise<RegistryAuth> {
  const server = registry === HUB ? HUB_SERVER : registry;
  const credentials = await findCredentials(server, io);
  const auth = toRegistryAuth(credentials, server);
  return Object.keys(auth).length === 1 ? {} : auth;
}

/** A helper that fails is no reason to keep a public image from anybody. */
async function findCredentials(server: string, io: Io): Promise<Credentials> {
  const config = await loadConfigOrWarn(io);
  try {
    return await (await chooseStore(config, server, io)).find(server);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await print(io.stderr, `WARNING: ${reason}\n`);
    return NO_CREDENTIALS;
  }
}

/** Credentials in the API's form. */
export function toRegistryAuth(credentials: Credentials, server: string): RegistryAuth {
  const { username, password, identityToken, registryToken } = credentials;
  return {
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    serveraddress: server,
    ...(identityToken === "" ? {} : { identitytoken: identityToken }),
    ...(registryToken === "" ? {} : { registrytoken: registryToken }),
  };
}
