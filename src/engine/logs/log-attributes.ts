import { EngineError } from "../../base/errors.ts";

/** What a container has that can go along with its log. */
export interface AttributeSource {
  readonly labels: Readonly<Record<string, string>>;
  /** `KEY=value` */
  readonly env: readonly string[];
}

/** The labels and variables that the options `labels`, `env` and those with `-regex` ask for. */
export function chooseAttributes(
  options: Readonly<Record<string, string>>,
  { labels, env }: AttributeSource,
): Readonly<Record<string, string>> {
  const variables = Object.fromEntries(env.map(splitVariable));
  return {
    ...choose(labels, options["labels"], options["labels-regex"]),
    ...choose(variables, options["env"], options["env-regex"]),
  };
}

function choose(
  all: Readonly<Record<string, string>>,
  names: string | undefined,
  pattern: string | undefined,
): Readonly<Record<string, string>> {
  const wanted = new Set((names ?? "").split(","));
  const regex = pattern === undefined || pattern === "" ? undefined : parseRegex(pattern);
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => wanted.has(name) || regex?.test(name) === true),
  );
}

/** A log option's regular expression. */
export function parseRegex(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (cause) {
    const message = `error parsing regexp: ${cause instanceof Error ? cause.message : pattern}`;
    throw new EngineError("invalid", message, { cause });
  }
}

function splitVariable(variable: string): readonly [string, string] {
  const at = variable.indexOf("=");
  return at < 0 ? [variable, ""] : [variable.slice(0, at), variable.slice(at + 1)];
}
