/** One way to authenticate that a server offers in WWW-Authenticate. RFC 9110, 11.6.1. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case; of two with one name the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_LENGTH = 16_384;
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const SEPARATORS = /[\s,]*/y;
const EQUALS = /\s*=\s*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
/** Some servers leave out the quotes where a value needs them. */
const BARE = /[^\s,"]+/y;
const TOKEN_68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y;

/** What an answer with status 401 asks for. */
export function challengesOf(headers: Headers): readonly Challenge[] {
  return parseChallenges(headers.get("www-authenticate") ?? "");
}

/** Reads the challenges of a header, of several headers joined by commas too. What follows a fault is left out. */
export function parseChallenges(header: string): readonly Challenge[] {
  if (header.length > MAX_LENGTH) return [];
  const scanner = new Scanner(header);
  const challenges: Challenge[] = [];
  for (;;) {
    scanner.take(SEPARATORS);
    const scheme = scanner.take(TOKEN);
    if (scheme === undefined) return challenges;
    challenges.push({ scheme: scheme.toLowerCase(), parameters: readParameters(scanner) });
  }
}

function readParameters(scanner: Scanner): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  // Credentials in one word, as Negotiate has them.
  if (scanner.take(TOKEN_68) !== undefined) return parameters;
  for (let found = readParameter(scanner); found !== undefined; found = readParameter(scanner)) {
    const [name, value] = found;
    if (!parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
}

function readParameter(scanner: Scanner): readonly [name: string, value: string] | undefined {
  const start = scanner.position;
  scanner.take(SEPARATORS);
  const name = scanner.take(TOKEN)?.toLowerCase();
  const value = name === undefined ? undefined : readValue(scanner);
  if (name !== undefined && value !== undefined) return [name, value];
  scanner.position = start;
  return undefined;
}

/** The value behind a name, or undefined where the name is the scheme of the next challenge. */
function readValue(scanner: Scanner): string | undefined {
  if (scanner.take(EQUALS) === undefined) return undefined;
  const quoted = scanner.take(QUOTED);
  if (quoted !== undefined) return quoted.slice(1, -1).replace(/\\(.)/gs, "$1");
  const bare = scanner.take(BARE);
  if (bare === undefined) scanner.stop();
  return bare;
}

class Scanner {
  readonly #text: string;
  position = 0;
  #isStopped = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** What stands here and fits a sticky pattern. */
  take(pattern: RegExp): string | undefined {
    if (this.#isStopped) return undefined;
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  /** Behind a fault nobody knows any more what is meant. */
  stop(): void {
    this.#isStopped = true;
  }
}
