import { EngineError } from "../base/errors.ts";

/** The variables that `$NAME` stands for. */
export type Variables = ReadonlyMap<string, string>;

const VARIABLE = /^\$(?:(\w+)|\{(\w+)(?:(:[-+])((?:[^}\\]|\\.)*))?\})/s;

/**
 * Splits the text of a Dockerfile instruction into words, as a shell would: quotes and backslashes
 * keep spaces, and variables are put in, but not between single quotes.
 */
export function splitWords(text: string, variables: Variables): readonly string[] {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== "") {
    const { word, length } = readWord(rest, variables);
    words.push(word);
    rest = rest.slice(length).trimStart();
  }
  return words;
}

/** Puts variables in and takes quotes away, in a text that stays one word. */
export function expandText(text: string, variables: Variables): string {
  return readWord(text, variables, "").word;
}

/** A list of texts in JSON; undefined for any other text, which is then no JSON to the user either. */
export function parseWordList(text: string): readonly string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    const isTexts = Array.isArray(list) && list.every((word) => typeof word === "string");
    return isTexts ? list : undefined;
  } catch {
    // Docker takes it for the shell's: "[ -f x ] && y" is a command.
    return undefined;
  }
}

function readWord(text: string, variables: Variables, ends = " \t\n") {
  let word = "";
  let at = 0;
  while (at < text.length && !(ends !== "" && ends.includes(text[at] ?? ""))) {
    const { value, length } = readPart(text.slice(at), variables);
    word += value;
    at += length;
  }
  return { word, length: at };
}

function readPart(text: string, variables: Variables) {
  switch (text[0]) {
    case "'": {
      const end = text.indexOf("'", 1);
      if (end < 0) throw unended(text);
      return { value: text.slice(1, end), length: end + 1 };
    }
    case '"':
      return readDoubleQuoted(text, variables);
    case "\\":
      return { value: text[1] ?? "\\", length: Math.min(2, text.length) };
    case "$":
      return readVariable(text, variables);
    default:
      return { value: text[0] ?? "", length: 1 };
  }
}

function readDoubleQuoted(text: string, variables: Variables) {
  let value = "";
  let at = 1;
  while (text[at] !== '"') {
    if (at >= text.length) throw unended(text);
    const next = text[at + 1] ?? "";
    if (text[at] === "\\" && next !== "" && !'"$\\'.includes(next)) {
      // Between double quotes a backslash is one, unless what follows has a meaning.
      value += `\\${next}`;
      at += 2;
      continue;
    }
    const part = text[at] === "'" ? { value: "'", length: 1 } : readPart(text.slice(at), variables);
    value += part.value;
    at += part.length;
  }
  return { value, length: at + 1 };
}

function readVariable(text: string, variables: Variables) {
  const match = VARIABLE.exec(text);
  if (match === null && text.startsWith("${")) {
    throw new EngineError("invalid", `unsupported modifier in substitution: ${text}`);
  }
  if (match === null) return { value: "$", length: 1 };
  const [whole, plain, braced, modifier, other = ""] = match;
  const found = variables.get(plain ?? braced ?? "") ?? "";
  const fallback = () => expandText(other, variables);
  const length = whole.length;
  if (modifier === ":-") return { value: found === "" ? fallback() : found, length };
  if (modifier === ":+") return { value: found === "" ? "" : fallback(), length };
  return { value: found, length };
}

function unended(text: string): EngineError {
  return new EngineError(
    "invalid",
    `unexpected end of statement while looking for matching ${text[0]}-quote`,
  );
}
