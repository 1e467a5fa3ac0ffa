import type { Engine } from "../engine/facade.ts";
import type { HttpRequest, Reply } from "./http/exchange.ts";
import type { ApiVersion } from "./version.ts";

/** A request that has found its route. */
export interface Call<Name extends string = never> {
  readonly engine: Engine;
  readonly version: ApiVersion;
  readonly params: Readonly<Record<Name, string>>;
  readonly query: URLSearchParams;
  readonly request: HttpRequest;
}

/** One endpoint of the API. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  handle(call: Call<string>): Promise<Reply>;
}

/**
 * Makes a route from `METHOD /path/{name}/rest`. A name matches one segment, `{name:.*}` also several,
 * as image names have them. A handler can only read the names that are in its path.
 */
export function route<Spec extends string>(
  spec: Spec,
  handle: (call: Call<NameIn<Spec>>) => Promise<Reply>,
): Route {
  const [method = "", path = ""] = spec.split(" ");
  const names: string[] = [];
  const pattern = path.replaceAll(/\{(\w+)(:\.\*)?\}/g, (_, name: string, any?: string) => {
    names.push(name);
    return any === undefined ? "([^/]+)" : "(.+)";
  });
  return { method, path, pattern: new RegExp(`^${pattern}$`), names, handle };
}

type NameIn<Spec extends string> = Spec extends `${string}{${infer Name}}${infer Rest}`
  ? WithoutPattern<Name> | NameIn<Rest>
  : never;

type WithoutPattern<Name extends string> = Name extends `${infer Bare}:${string}` ? Bare : Name;
