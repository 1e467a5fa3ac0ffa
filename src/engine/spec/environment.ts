import { EngineError } from "../../base/errors.ts";

/** Where programs are looked for when nobody says otherwise. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What goes into an environment beside what user and image say. */
export interface EnvironmentBase {
  readonly hostname: string;
  readonly tty: boolean;
  readonly home: string;
}

/** The request's settings and those of the image that it does not set (or, as bare `KEY`, remove). */
export function mergeEnv(asked: readonly string[], image: readonly string[]): readonly string[] {
  const names = new Set(asked.map(nameOf));
  return [...asked, ...image.filter((entry) => !names.has(nameOf(entry)))];
}

/** The environment that a program gets. A later setting wins, in the place of the earlier one. */
export function buildEnv(base: EnvironmentBase, settings: readonly string[]): readonly string[] {
  const env = new Map([
    ["PATH", DEFAULT_PATH],
    ["HOSTNAME", base.hostname],
  ]);
  if (base.tty) env.set("TERM", "xterm");
  for (const entry of settings) apply(env, entry);
  if (!env.has("HOME")) env.set("HOME", base.home);
  return Array.from(env, ([name, value]) => `${name}=${value}`);
}

/** Refuses what cannot be an environment. */
export function checkEnv(settings: readonly string[]): void {
  const wrong = settings.find((entry) => nameOf(entry) === "" || entry.includes("\0"));
  if (wrong === undefined) return;
  throw new EngineError("invalid", `invalid environment variable: ${wrong}`);
}

function apply(env: Map<string, string>, entry: string): void {
  const name = nameOf(entry);
  if (entry.length === name.length) env.delete(name);
  else env.set(name, entry.slice(name.length + 1));
}

function nameOf(entry: string): string {
  const end = entry.indexOf("=");
  return end < 0 ? entry : entry.slice(0, end);
}
