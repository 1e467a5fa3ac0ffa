import {
  DEFAULT_HOST,
  type Endpoint,
  parseEndpoint,
  type TlsIdentity,
} from "../client/endpoint.ts";
import { CommandError } from "./command.ts";
import type { FlagValues } from "./flags/flag.ts";
import type { GLOBAL_FLAGS } from "./global-flags.ts";
import type { Io } from "./io.ts";

type GlobalValues = FlagValues<typeof GLOBAL_FLAGS>;

/** The daemon to talk to: `-H`, else SAMPAN_HOST, else DOCKER_HOST, else the default socket. */
export async function resolveEndpoint(flags: GlobalValues, { env }: Io): Promise<Endpoint> {
  const [host, ...more] = flags.host;
  if (more.length > 0) throw new CommandError("specify only one -H");
  const { SAMPAN_HOST, DOCKER_HOST } = env;
  const chosen = host ?? (SAMPAN_HOST || DOCKER_HOST || DEFAULT_HOST);
  const tls = chosen.startsWith("unix:") ? undefined : await loadTls(flags, env);
  try {
    return parseEndpoint(chosen, tls);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`Failed to initialize: ${reason}`, 1, { cause });
  }
}

async function loadTls(flags: GlobalValues, env: Io["env"]): Promise<TlsIdentity | undefined> {
  const {
    SAMPAN_TLS_VERIFY,
    DOCKER_TLS_VERIFY,
    SAMPAN_CERT_PATH,
    DOCKER_CERT_PATH,
    HOME = "",
  } = env;
  const verify = flags.tlsverify || Boolean(SAMPAN_TLS_VERIFY || DOCKER_TLS_VERIFY);
  if (!flags.tls && !verify) return undefined;
  const directory = SAMPAN_CERT_PATH || DOCKER_CERT_PATH || `${HOME}/.docker`;
  const ca = await readPem(flags.tlscacert, `${directory}/ca.pem`);
  const cert = await readPem(flags.tlscert, `${directory}/cert.pem`);
  const key = await readPem(flags.tlskey, `${directory}/key.pem`);
  return {
    verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** A file that was named must be there; the one in the default place may be missing. */
async function readPem(named: string | undefined, usual: string): Promise<string | undefined> {
  const file = Bun.file(named ?? usual);
  if (await file.exists()) return file.text();
  if (named === undefined) return undefined;
  throw new CommandError(`Failed to initialize: could not read "${named}": no such file`);
}
