/** A piece of a template: text between actions, or a token inside one. */
export type Token =
  | { readonly kind: "text"; readonly value: string; readonly at: number }
  | { readonly kind: "open" | "close"; readonly value: string; readonly at: number }
  | { readonly kind: TokenKind; readonly value: string; readonly at: number };

export type TokenKind = "word" | "field" | "variable" | "string" | "number" | "symbol" | "space";

/** A template that cannot be read, or not be filled in. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ["space", /\s+/y],
  ["string", /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
  ["number", /[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/y],
  ["field", /\.[\p{L}_][\p{L}\p{N}_]*/uy],
  ["variable", /\$[\p{L}\p{N}_]*/uy],
  ["word", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["symbol", /:=|[.|()=,]/y],
];

/** Splits a template into texts and tokens; `{{-` and `-}}` take the white space beside them along. */
export function lex(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimStart = false;
  while (at < source.length) {
    const open = source.indexOf("{{", at);
    const trimEnd = open >= 0 && /^\{\{-\s/.test(source.slice(open, open + 4));
    const text = source.slice(at, open < 0 ? undefined : open);
    tokens.push(...lexText(text, at, { trimStart, trimEnd }));
    if (open < 0) break;
    const action = lexAction(source, open + (trimEnd ? 3 : 2));
    tokens.push(...action.tokens);
    at = action.end;
    trimStart = action.trimAfter;
  }
  return tokens;
}

function lexText(
  text: string,
  at: number,
  { trimStart, trimEnd }: { trimStart: boolean; trimEnd: boolean },
): readonly Token[] {
  const left = trimStart ? text.trimStart() : text;
  const value = trimEnd ? left.trimEnd() : left;
  return value === "" ? [] : [{ kind: "text", value, at }];
}

interface Action {
  readonly tokens: readonly Token[];
  readonly end: number;
  readonly trimAfter: boolean;
}

function lexAction(source: string, start: number): Action {
  const comment = /\s*\/\*[\s\S]*?\*\/(\s-)?\}\}/y;
  comment.lastIndex = start;
  const match = comment.exec(source);
  if (match !== null) {
    return { tokens: [], end: comment.lastIndex, trimAfter: match[1] !== undefined };
  }
  const tokens: Token[] = [{ kind: "open", value: "{{", at: start }];
  let at = start;
  for (;;) {
    const close = /^(\s-)?\}\}/.exec(source.slice(at, at + 4));
    if (close !== null) {
      tokens.push({ kind: "close", value: "}}", at });
      return { tokens, end: at + close[0].length, trimAfter: close[1] !== undefined };
    }
    const token = lexToken(source, at);
    tokens.push(token);
    at += token.value.length;
  }
}

function lexToken(source: string, at: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const value = pattern.exec(source)?.[0];
    if (value !== undefined) return { kind, value, at };
  }
  throw new TemplateError(`template: :${lineAt(source, at)}: ${describeBad(source, at)}`);
}

function describeBad(source: string, at: number): string {
  const character = source[at];
  if (character === undefined || character === "\n") return "unclosed action";
  if (character === '"') return "unterminated quoted string";
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `bad character U+${code} '${character}'`;
}

/** The line, from 1, that a place in the source is on. */
export function lineAt(source: string, at: number): number {
  return source.slice(0, at).split("\n").length;
}
