import { EngineError } from "../../base/errors.ts";

/** Where a server listens. */
export type Host =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly address: string; readonly port: number }
  | { readonly kind: "fd"; readonly fd: number };

/** sun_path has 108 bytes with its NUL; the kernel would cut a longer one. unix(7). */
const MAX_SOCKET_PATH = 107;
/** The first descriptor that socket activation hands over. sd_listen_fds(3). */
const FIRST_ACTIVATED_FD = 3;

/** Parses `unix:///path`, `tcp://address:port` or `fd://[number]`. */
export function parseHost(text: string): Host {
  const [, scheme, rest = ""] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  switch (scheme) {
    case "unix":
      return parseUnix(text, rest);
    case "tcp":
      return parseTcp(text, rest);
    case "fd":
      return parseFd(text, rest);
    default:
      throw invalidHost(text, "want unix:///path, tcp://address:port or fd://");
  }
}

function parseUnix(text: string, path: string): Host {
  if (!path.startsWith("/")) throw invalidHost(text, "the socket's path must be absolute");
  const length = Buffer.byteLength(path);
  if (length > MAX_SOCKET_PATH) {
    throw invalidHost(text, `the path has ${length} bytes, a socket's may have ${MAX_SOCKET_PATH}`);
  }
  return { kind: "unix", path };
}

function parseTcp(text: string, rest: string): Host {
  const [, six, four, port = ""] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(rest) ?? [];
  const address = six ?? four;
  if (address === undefined || Number(port) > 65535) {
    throw invalidHost(text, "want tcp://address:port");
  }
  return { kind: "tcp", address, port: Number(port) };
}

function parseFd(text: string, rest: string): Host {
  if (rest === "") return { kind: "fd", fd: FIRST_ACTIVATED_FD };
  if (!/^\d{1,4}$/.test(rest)) throw invalidHost(text, "want fd:// or fd://number");
  return { kind: "fd", fd: Number(rest) };
}

function invalidHost(text: string, reason: string): EngineError {
  return new EngineError("invalid", `Cannot listen on "${text}": ${reason}`);
}
