import { EngineError } from "../base/errors.ts";
import { familiarReference, familiarRepository, type Reference } from "./reference.ts";

/** Whether a shell-like pattern fits a reference, with its tag or without it. */
export function matchesReference(pattern: string, reference: Reference): boolean {
  const expression = compilePattern(pattern);
  return (
    expression.test(familiarReference(reference)) || expression.test(familiarRepository(reference))
  );
}

const SET = /^\[(\^?)((?:\\.|[^\]\\])+)\]/s;

/** `*`, `?`, `[a-z]` and `\` as in a shell; only a slash in the pattern fits a slash. */
function compilePattern(pattern: string): RegExp {
  let source = "";
  for (let rest = pattern; rest !== ""; ) {
    const [part, length] = compileNext(rest, pattern);
    source += part;
    rest = rest.slice(length);
  }
  try {
    return new RegExp(`^${source}$`, "su");
  } catch {
    throw syntaxError(pattern);
  }
}

function compileNext(rest: string, pattern: string): readonly [source: string, length: number] {
  switch (rest[0]) {
    case "*":
      return ["[^/]*", 1];
    case "?":
      return ["[^/]", 1];
    case "[": {
      const match = SET.exec(rest);
      if (match === null) throw syntaxError(pattern);
      return [compileSet(match), match[0].length];
    }
    case "\\":
      if (rest.length === 1) throw syntaxError(pattern);
      return [RegExp.escape(rest[1] ?? ""), 2];
    default:
      return [RegExp.escape(rest[0] ?? ""), 1];
  }
}

/** The members as they are, with what a regular expression has a meaning for made plain. */
function compileSet([, negation = "", members = ""]: RegExpExecArray): string {
  const plain = members.replace(/\\(.)|([[\]^&~|])/gs, (_, escaped, special) =>
    RegExp.escape(escaped ?? special),
  );
  return negation === "" ? `[${plain}]` : `(?!/)[^${plain}]`;
}

function syntaxError(pattern: string): EngineError {
  return new EngineError("invalid", `invalid filter: syntax error in pattern "${pattern}"`);
}
