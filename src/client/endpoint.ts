/** Where a daemon listens. */
export interface Endpoint {
  /** As the user wrote it, for messages. */
  readonly host: string;
  /** What a request's path is put behind. */
  readonly origin: string;
  /** The socket's path, where it is a unix socket. */
  readonly unix?: string;
  readonly tls?: TlsIdentity;
}

/** The certificates of a TLS connection, in PEM. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly verify: boolean;
}

export const DEFAULT_HOST = "unix:///run/sampan/sampan.sock";

const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** Reads `unix://PATH` or `tcp://HOST[:PORT]`; a bare `HOST:PORT` means tcp. */
export function parseEndpoint(host: string, tls?: TlsIdentity): Endpoint {
  const [, scheme = "tcp", address = ""] = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(host.trim()) ?? [];
  if (scheme === "unix") {
    const unix = address === "" ? DEFAULT_HOST.slice("unix://".length) : address;
    return { host: `unix://${unix}`, origin: "http://sampan.localhost", unix };
  }
  if (scheme !== "tcp" && scheme !== "http" && scheme !== "https") {
    throw new Error(`unable to resolve docker endpoint: invalid bind address format: ${host}`);
  }
  const secure = tls !== undefined || scheme === "https";
  const authority = parseAuthority(address, secure ? TLS_PORT : PLAIN_PORT);
  return {
    host: `${scheme}://${authority}`,
    origin: `${secure ? "https" : "http"}://${authority}`,
    ...(tls === undefined ? {} : { tls }),
  };
}

function parseAuthority(address: string, defaultPort: number): string {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:/?#@\s]+)?(?::([0-9]{1,5}))?\/?$/.exec(address);
  if (match === null || Number(match[2] ?? 0) > 65535) {
    throw new Error(`unable to resolve docker endpoint: invalid bind address format: ${address}`);
  }
  return `${match[1] ?? "127.0.0.1"}:${match[2] ?? defaultPort}`;
}
