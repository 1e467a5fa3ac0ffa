import { FUNCTIONS } from "./functions.ts";
import { lineAt, TemplateError } from "./lex.ts";
import type { Branch, Node, Operand, Pipe } from "./nodes.ts";
import { parseTemplate } from "./parse.ts";
import { describeType, formatValue, isTrue, sortedEntries } from "./values.ts";

/** A template that was read once and can be filled in many times. */
export type Template = (value: unknown) => string;

/** Reads a template; a mistake is thrown as {@link TemplateError}, now or when it is filled in. */
export function compileTemplate(source: string): Template {
  const nodes = parseTemplate(source);
  return (value) => {
    const renderer = new Renderer(source, value);
    renderer.renderAll(nodes, value);
    return renderer.result;
  };
}

type Flow = "next" | "break" | "continue";
/** What a field that is not there gives: an error says where it was looked for. */
const NONE = Symbol("none");

class Renderer {
  result = "";
  readonly #source: string;
  readonly #variables: [name: string, value: unknown][];

  constructor(source: string, root: unknown) {
    this.#source = source;
    this.#variables = [["$", root]];
  }

  renderAll(nodes: readonly Node[], dot: unknown): Flow {
    const depth = this.#variables.length;
    for (const node of nodes) {
      const flow = this.#render(node, dot);
      if (flow === "next") continue;
      this.#variables.length = depth;
      return flow;
    }
    this.#variables.length = depth;
    return "next";
  }

  #render(node: Node, dot: unknown): Flow {
    switch (node.kind) {
      case "text":
        this.result += node.text;
        return "next";
      case "output": {
        const value = this.#evaluate(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.result += formatValue(value);
        return "next";
      }
      case "range":
        return this.#renderRange(node, dot);
      case "if":
      case "with":
        return this.#renderBranch(node, dot);
      case "break":
      case "continue":
        return node.kind;
    }
  }

  #renderBranch(node: Branch<"if"> | Branch<"with">, dot: unknown): Flow {
    const depth = this.#variables.length;
    const value = this.#evaluate(node.pipe, dot);
    const inner = node.kind === "with" ? value : dot;
    const flow = isTrue(value)
      ? this.renderAll(node.body, inner)
      : this.renderAll(node.otherwise, dot);
    this.#variables.length = depth;
    return flow;
  }

  #renderRange({ pipe, body, otherwise }: Branch<"range">, dot: unknown): Flow {
    const value = this.#evaluate({ ...pipe, variables: [] }, dot);
    const entries = this.#entriesOf(value, pipe);
    if (entries.length === 0) return this.renderAll(otherwise, dot);
    const depth = this.#variables.length;
    for (const [key, item] of entries) {
      const [first, second] = pipe.variables;
      if (first !== undefined) this.#variables.push([first, second === undefined ? item : key]);
      if (second !== undefined) this.#variables.push([second, item]);
      const flow = this.renderAll(body, item);
      this.#variables.length = depth;
      if (flow === "break") break;
    }
    return "next";
  }

  #entriesOf(value: unknown, pipe: Pipe): readonly (readonly [unknown, unknown])[] {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value.map((item: unknown, index) => [index, item] as const);
    if (typeof value === "object") return sortedEntries(value);
    if (typeof value === "number") return Array.from({ length: value }, (_, i) => [i, i] as const);
    throw this.#error(pipe.at, `range can't iterate over ${formatValue(value)}`);
  }

  #evaluate(pipe: Pipe, dot: unknown): unknown {
    let value: unknown = NONE;
    for (const command of pipe.commands) value = this.#run(command, dot, value);
    const [name] = pipe.variables;
    if (name === undefined) return value;
    if (pipe.assign) this.#find(name, pipe.at)[1] = value;
    else this.#variables.push([name, value]);
    return value;
  }

  #run([first, ...rest]: readonly Operand[], dot: unknown, piped: unknown): unknown {
    if (first === undefined) return undefined;
    const args = [
      ...rest.map((operand) => this.#value(operand, dot)),
      ...(piped === NONE ? [] : [piped]),
    ];
    if (first.kind === "function") return this.#call(first, args);
    const value = this.#value(first, dot);
    if (first.kind === "literal") return value;
    if (typeof value === "function")
      return (value as (...all: readonly unknown[]) => unknown)(...args);
    if (args.length > 0) throw this.#error(first.at, "can't give argument to non-function");
    return value;
  }

  #call({ name, at }: Operand & { kind: "function" }, args: readonly unknown[]): unknown {
    try {
      return FUNCTIONS[name]?.(...args);
    } catch (cause) {
      throw this.#error(at, cause instanceof Error ? cause.message : String(cause));
    }
  }

  #value(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case "literal":
        return operand.value;
      case "function":
        return this.#call(operand, []);
      case "dot":
        return this.#follow(dot, operand.path, operand.at);
      case "variable":
        return this.#follow(this.#find(operand.name, operand.at)[1], operand.path, operand.at);
      case "pipe":
        return this.#follow(this.#evaluate(operand.pipe, dot), operand.path, operand.at);
    }
  }

  #follow(start: unknown, path: readonly string[], at: number): unknown {
    let value = start;
    for (const field of path) {
      if (typeof value !== "object" || value === null) {
        throw this.#error(at, `can't evaluate field ${field} in type ${describeType(value)}`, path);
      }
      if (!Object.hasOwn(value, field)) {
        throw this.#error(at, `map has no entry for key ${JSON.stringify(field)}`, path);
      }
      value = (value as Record<string, unknown>)[field];
    }
    return value;
  }

  #find(name: string, at: number): [string, unknown] {
    const found = this.#variables.findLast(([known]) => known === name);
    if (found === undefined) throw this.#error(at, `undefined variable ${JSON.stringify(name)}`);
    return found;
  }

  #error(at: number, problem: string, path: readonly string[] = []): TemplateError {
    const line = lineAt(this.#source, at);
    const column = at - (this.#source.lastIndexOf("\n", at - 1) + 1);
    const where = path.length === 0 ? "" : ` at <.${path.join(".")}>`;
    return new TemplateError(`template: :${line}:${column}: executing ""${where}: ${problem}`);
  }
}
