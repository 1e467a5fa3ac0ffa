import { EngineError } from "../base/errors.ts";
import { parseHealthcheck } from "./healthcheck.ts";
import type { RuntimeConfig } from "./image.ts";
import { expandText, parseWordList, splitWords, type Variables } from "./instruction-words.ts";

type Change = (config: RuntimeConfig, text: string) => RuntimeConfig;

const DEFAULT_SHELL: readonly string[] = ["/bin/sh", "-c"];
const PORT = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i;
const MAX_PORT = 65_535;

/** The instructions of a Dockerfile that say something of containers, and nothing of files. */
const CHANGES: Readonly<Record<string, Change>> = {
  CMD: (config, text) => ({ ...config, command: commandOf(config, text) }),
  ENTRYPOINT: (config, text) => ({ ...config, entrypoint: commandOf(config, text) }),
  ENV: (config, text) => {
    const pairs = readPairs("ENV", text, variablesOf(config));
    return { ...config, env: pairs.reduce(setVariable, config.env) };
  },
  EXPOSE: (config, text) => {
    const ports = splitWords(text, variablesOf(config)).flatMap(readPorts);
    return { ...config, exposedPorts: union(config.exposedPorts, ports) };
  },
  HEALTHCHECK: (config, text) => ({
    ...config,
    healthcheck: parseHealthcheck(text, shellOf(config)),
  }),
  LABEL: (config, text) => {
    const pairs = readPairs("LABEL", text, variablesOf(config));
    return { ...config, labels: { ...config.labels, ...Object.fromEntries(pairs) } };
  },
  ONBUILD: (config, text) => {
    checkTrigger(text);
    return { ...config, onBuild: [...(config.onBuild ?? []), text] };
  },
  STOPSIGNAL: (config, text) => ({ ...config, stopSignal: oneWord("STOPSIGNAL", config, text) }),
  USER: (config, text) => ({ ...config, user: oneWord("USER", config, text) }),
  VOLUME: (config, text) => {
    const list = parseWordList(text) ?? splitWords(text, variablesOf(config));
    if (list.some((path) => path.trim() === "")) {
      throw new EngineError("invalid", "VOLUME specified can not be an empty string");
    }
    return { ...config, volumes: union(config.volumes, list) };
  },
  WORKDIR: (config, text) => {
    const path = expandText(text, variablesOf(config));
    return { ...config, workingDir: joinPath(config.workingDir, path) };
  },
};

/** Applies Dockerfile lines to what an image says of its containers, as `import --change` gives them. */
export function applyChanges(config: RuntimeConfig, lines: readonly string[]): RuntimeConfig {
  return lines.reduce(applyChange, config);
}

function applyChange(config: RuntimeConfig, line: string): RuntimeConfig {
  const [, name = "", text = ""] = /^\s*(\S*)\s*(.*?)\s*$/s.exec(line) ?? [];
  if (name === "" || name.startsWith("#")) return config;
  const upper = name.toUpperCase();
  const change = Object.hasOwn(CHANGES, upper) ? CHANGES[upper] : undefined;
  if (change === undefined) {
    throw new EngineError("invalid", `${name.toLowerCase()} is not a valid change command`);
  }
  if (text === "") throw new EngineError("invalid", `${upper} requires at least one argument`);
  return change(config, text);
}

/** A JSON list is the command itself; anything else is for the shell. */
function commandOf(config: RuntimeConfig, text: string): readonly string[] {
  return parseWordList(text) ?? [...shellOf(config), text];
}

function shellOf({ shell = DEFAULT_SHELL }: RuntimeConfig): readonly string[] {
  return shell;
}

function variablesOf({ env }: RuntimeConfig): Variables {
  return new Map(
    env.map((entry) => {
      const [name = ""] = entry.split("=", 1);
      return [name, entry.slice(name.length + 1)];
    }),
  );
}

/** `a=1 b="2 3"`, or the old form `a 2 3` for one. */
function readPairs(
  instruction: string,
  text: string,
  variables: Variables,
): readonly (readonly [string, string])[] {
  const [first = ""] = text.split(/\s/, 1);
  if (!first.includes("=")) {
    const value = text.slice(first.length).trim();
    if (value === "") throw new EngineError("invalid", `${instruction} must have two arguments`);
    return [[first, expandText(value, variables)]];
  }
  return splitWords(text, variables).map((word) => {
    const equals = word.indexOf("=");
    if (equals > 0) return [word.slice(0, equals), word.slice(equals + 1)];
    throw new EngineError(
      "invalid",
      `Syntax error - can't find = in "${word}". Must be of the form: name=value`,
    );
  });
}

function setVariable(env: readonly string[], [name, value]: readonly [string, string]) {
  const others = env.filter((entry) => !entry.startsWith(`${name}=`));
  return [...others, `${name}=${value}`];
}

function readPorts(text: string): readonly string[] {
  const [, first = "", last = first, protocol = "tcp"] = PORT.exec(text) ?? [];
  const [low, high] = [Number(first), Number(last)];
  if (first === "" || low < 1 || high > MAX_PORT || low > high) {
    throw new EngineError("invalid", `Invalid containerPort: ${text}`);
  }
  return Array.from({ length: high - low + 1 }, (_, i) => `${low + i}/${protocol.toLowerCase()}`);
}

function checkTrigger(text: string): void {
  const [, name = ""] = /^(\S+)/.exec(text) ?? [];
  if (/^onbuild$/i.test(name)) {
    throw new EngineError("invalid", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  }
  if (/^(maintainer|from)$/i.test(name)) {
    throw new EngineError("invalid", `${name.toUpperCase()} isn't allowed as an ONBUILD trigger`);
  }
}

function oneWord(instruction: string, config: RuntimeConfig, text: string): string {
  const [word = "", ...more] = splitWords(text, variablesOf(config));
  if (more.length === 0) return word;
  throw new EngineError("invalid", `${instruction} requires exactly one argument`);
}

function joinPath(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${path.startsWith("/") ? "" : `${base}/`}${path}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function union(known: readonly string[], added: readonly string[]): readonly string[] {
  return [...new Set([...known, ...added])].sort();
}
