import { FUNCTIONS } from "./functions.ts";
import { lex, lineAt, TemplateError, type Token } from "./lex.ts";
import type { Branch, Node, Operand, Pipe } from "./nodes.ts";

type End = "end" | "else" | "eof";

/** Reads a template: Go's text/template, without templates inside templates. */
export function parseTemplate(source: string): readonly Node[] {
  const parser = new TemplateParser(source);
  const { nodes, end } = parser.parseNodes();
  if (end === "eof") return nodes;
  throw parser.error(`unexpected {{${end}}}`);
}

class TemplateParser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #scopes: string[] = ["$"];
  #next = 0;
  #loops = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = lex(source);
  }

  error(problem: string): TemplateError {
    const at = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]?.at ?? 0;
    return new TemplateError(`template: :${lineAt(this.#source, at)}: ${problem}`);
  }

  parseNodes(): { nodes: readonly Node[]; end: End } {
    const nodes: Node[] = [];
    for (let token = this.#take(); token !== undefined; token = this.#take()) {
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.value });
        continue;
      }
      const word = this.#takeKeyword();
      if (word === "end" || word === "else") return { nodes, end: word };
      nodes.push(this.#parseAction(word));
    }
    return { nodes, end: "eof" };
  }

  #parseAction(word: string | undefined): Node {
    switch (word) {
      case "if":
      case "with":
      case "range":
        return this.#parseBranch(word);
      case "break":
      case "continue":
        if (this.#loops === 0) throw this.error(`{{${word}}} outside {{range}}`);
        this.#expectClose(word);
        return { kind: word };
      case undefined: {
        const pipe = this.#parsePipe();
        this.#expectClose("command");
        return { kind: "output", pipe };
      }
      default:
        throw this.error(`unexpected <${word}> in command`);
    }
  }

  #parseBranch<K extends "if" | "with" | "range">(kind: K): Branch<K> {
    const depth = this.#scopes.length;
    const pipe = this.#parsePipe(kind === "range" ? 2 : 1);
    this.#expectClose(kind);
    this.#loops += kind === "range" ? 1 : 0;
    const { nodes: body, end } = this.parseNodes();
    this.#loops -= kind === "range" ? 1 : 0;
    if (end === "eof") throw this.error("unexpected EOF");
    const otherwise = end === "else" ? this.#parseElse(kind) : [];
    if (end === "end") this.#expectClose("end");
    this.#scopes.length = depth;
    return { kind, pipe, body, otherwise };
  }

  #parseElse(kind: "if" | "with" | "range"): readonly Node[] {
    const word = this.#takeKeyword();
    // {{else if}} shares the end of the branch it belongs to.
    if (word === kind && kind !== "range") return [this.#parseBranch(kind)];
    if (word !== undefined) throw this.error(`unexpected <${word}> in else`);
    this.#expectClose("else");
    const { nodes, end } = this.parseNodes();
    if (end !== "end")
      throw this.error(end === "eof" ? "unexpected EOF" : "expected end; found {{else}}");
    this.#expectClose("end");
    return nodes;
  }

  #parsePipe(mostVariables = 1): Pipe {
    this.#skipSpace();
    const at = this.#peek()?.at ?? this.#source.length;
    const declared = this.#parseDeclaration(mostVariables);
    const commands: (readonly Operand[])[] = [this.#parseCommand()];
    while (this.#takeSymbol("|")) commands.push(this.#parseCommand());
    const literal = commands.slice(1).find(([first]) => !isCallable(first));
    if (literal !== undefined) throw this.error("non executable command in pipeline stage 2");
    if (!declared.assign) this.#scopes.push(...declared.variables);
    return { ...declared, commands, at };
  }

  #parseDeclaration(most: number): { variables: readonly string[]; assign: boolean } {
    const start = this.#next;
    const variables: string[] = [];
    while (this.#peek()?.kind === "variable" && variables.length < most) {
      variables.push(this.#take()?.value ?? "");
      this.#skipSpace();
      if (this.#takeSymbol(":=")) return { variables, assign: false };
      if (this.#takeSymbol("=")) return { variables, assign: true };
      if (!this.#takeSymbol(",")) break;
      this.#skipSpace();
    }
    this.#next = start;
    return { variables: [], assign: false };
  }

  #parseCommand(): readonly Operand[] {
    const operands: Operand[] = [];
    this.#skipSpace();
    for (let one = this.#parseOperand(); one !== undefined; one = this.#parseOperand()) {
      operands.push(one);
      this.#skipSpace();
    }
    if (operands.length === 0) throw this.error("missing value for command");
    return operands;
  }

  #parseOperand(): Operand | undefined {
    const token = this.#peek();
    switch (token?.kind) {
      case "field":
        return { kind: "dot", path: this.#takeFields(), at: token.at };
      case "variable":
        this.#next++;
        if (!this.#scopes.includes(token.value)) {
          throw this.error(`undefined variable ${JSON.stringify(token.value)}`);
        }
        return { kind: "variable", name: token.value, path: this.#takeFields(), at: token.at };
      case "string":
      case "number":
        this.#next++;
        return { kind: "literal", value: readLiteral(token.value) };
      case "word":
        this.#next++;
        return this.#parseWord(token);
      case "symbol":
        return this.#parseSymbol(token);
      default:
        return undefined;
    }
  }

  #parseSymbol(token: Token): Operand | undefined {
    if (token.value === ".") {
      this.#next++;
      return { kind: "dot", path: [], at: token.at };
    }
    if (token.value !== "(") return undefined;
    this.#next++;
    const pipe = this.#parsePipe();
    if (!this.#takeSymbol(")")) throw this.error("unclosed left paren");
    return { kind: "pipe", pipe, path: this.#takeFields(), at: token.at };
  }

  #parseWord({ value, at }: Token): Operand {
    if (value === "true" || value === "false") return { kind: "literal", value: value === "true" };
    if (value === "nil") return { kind: "literal", value: null };
    if (Object.hasOwn(FUNCTIONS, value)) return { kind: "function", name: value, at };
    throw this.error(`function ${JSON.stringify(value)} not defined`);
  }

  #takeFields(): readonly string[] {
    const path: string[] = [];
    for (let token = this.#peek(); token?.kind === "field"; token = this.#peek()) {
      path.push(token.value.slice(1));
      this.#next++;
    }
    return path;
  }

  #takeKeyword(): string | undefined {
    this.#skipSpace();
    const token = this.#peek();
    if (token?.kind !== "word" || !KEYWORDS.includes(token.value)) return undefined;
    this.#next++;
    return token.value;
  }

  #takeSymbol(value: string): boolean {
    const token = this.#peek();
    if (token?.kind !== "symbol" || token.value !== value) return false;
    this.#next++;
    return true;
  }

  #expectClose(context: string): void {
    this.#skipSpace();
    const token = this.#take();
    if (token?.kind === "close") return;
    throw this.error(`unexpected ${JSON.stringify(token?.value ?? "")} in ${context}`);
  }

  #skipSpace(): void {
    while (this.#peek()?.kind === "space") this.#next++;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #take(): Token | undefined {
    return this.#tokens[this.#next++];
  }
}

const KEYWORDS = [
  "if",
  "else",
  "end",
  "with",
  "range",
  "break",
  "continue",
  "define",
  "template",
  "block",
];

function isCallable(operand: Operand | undefined): boolean {
  return operand !== undefined && operand.kind !== "literal" && operand.kind !== "pipe";
}

function readLiteral(text: string): unknown {
  if (text.startsWith("`")) return text.slice(1, -1);
  if (text.startsWith('"')) return unquote(text);
  return Number(text);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b" };

function unquote(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/g, (_, code: string) =>
      code.length > 1
        ? String.fromCodePoint(Number.parseInt(code.slice(1), 16))
        : (ESCAPES[code] ?? code),
    );
}
