import { EngineError } from "../../base/errors.ts";

/** How a container is asked whether it is well. */
export type Probe =
  /** By a program in it. */
  | { readonly kind: "exec"; readonly command: readonly string[] }
  /** By a connection from its network namespace, which needs no program in it. */
  | { readonly kind: "tcp"; readonly addresses: readonly string[]; readonly port: number }
  | {
      readonly kind: "http";
      readonly addresses: readonly string[];
      readonly port: number;
      readonly host: string;
      readonly path: string;
    };

/** What `localhost` is: nobody in a container is asked for names. */
const LOCALHOST = ["127.0.0.1", "::1"];

/** Reads a check's `Test`; undefined: there is nothing to run. */
export function parseProbe(test: readonly string[], shell: readonly string[]): Probe | undefined {
  const [kind, ...words] = test;
  switch (kind) {
    case undefined:
    case "NONE":
      return undefined;
    case "CMD":
      return { kind: "exec", command: words };
    case "CMD-SHELL":
      return { kind: "exec", command: [...shell, ...words] };
    case "TCP":
      return parseTcp(oneWord(kind, words));
    case "HTTP":
      return parseHttp(oneWord(kind, words));
    default:
      throw invalid(`want "NONE", "CMD", "CMD-SHELL", "TCP" or "HTTP", and not "${kind}"`);
  }
}

function oneWord(kind: string, words: readonly string[]): string {
  const [word, ...more] = words;
  if (word !== undefined && more.length === 0) return word;
  throw invalid(`want one word behind "${kind}", and not ${words.length}`);
}

/** `80`, `:80`, `127.0.0.1:80`, `[::1]:80`. */
function parseTcp(text: string): Probe {
  const [, host = "", digits = ""] = /^(?:(.*):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === "" || port < 1 || port > 65_535) {
    throw invalid(`want "[host:]port", and not "${text}"`);
  }
  return { kind: "tcp", addresses: addressesOf(host), port };
}

function parseHttp(text: string): Probe {
  // `:80/path` is the container itself.
  const url = URL.parse(/^[:/]/.test(text) ? `http://localhost${text}` : text);
  if (url?.protocol !== "http:" || url.username !== "" || url.password !== "") {
    throw invalid(`want "http://host[:port]/path" or ":port/path", and not "${text}"`);
  }
  return {
    kind: "http",
    addresses: addressesOf(url.hostname),
    port: url.port === "" ? 80 : Number(url.port),
    host: url.host,
    path: `${url.pathname}${url.search}`,
  };
}

function addressesOf(host: string): readonly string[] {
  if (host === "" || host === "localhost") return LOCALHOST;
  const address = host.replace(/^\[(.*)\]$/, "$1");
  if (/^\d+(\.\d+){3}$/.test(address) || /^[\da-f:.]*:[\da-f:.]*$/i.test(address)) return [address];
  throw invalid(`want "localhost" or an address for a host, and not "${host}"`);
}

function invalid(problem: string): EngineError {
  return new EngineError("invalid", `Cannot use the health check's Test: ${problem}`);
}
