import { EngineError } from "../../../base/errors.ts";
import { COLUMNS, type Column } from "./columns.ts";

/** A column of the answer: what is in it, and what stands above it. */
export interface ChosenColumn {
  readonly title: string;
  readonly column: Column;
}

// ps's own formats, by the columns that make them.
const FULL = "uid:UID,pid:PID,ppid:PPID,c:C,stime:STIME,tty:TTY,time:TIME,cmd:CMD";
const SHORT = "pid:PID,tty:TTY,time:TIME,comm:CMD";
const BSD = "pid:PID,tty:TTY,stat:STAT,bsdtime:TIME,args:COMMAND";
const BSD_USER =
  "user:USER,pid:PID,pcpu:%CPU,pmem:%MEM,vsz:VSZ,rss:RSS,tty:TTY,stat:STAT,start:START,bsdtime:TIME,args:COMMAND";
const EXTRA_FULL =
  "uid:UID,pid:PID,ppid:PPID,c:C,sz:SZ,rss:RSS,psr:PSR,stime:STIME,tty:TTY,time:TIME,cmd:CMD";

/**
 * The columns that `ps` would show for these arguments. Which processes it would choose is of no
 * account: it is always those of the container.
 */
export function parsePsArguments(text: string): readonly ChosenColumn[] {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const lists: string[] = [];
  const letters: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const { flags, list, wantsNext } = splitWord(words[at] ?? "", text);
    letters.push(flags);
    const own = wantsNext ? words[++at] : list;
    if (own !== undefined) lists.push(own);
    else if (wantsNext) throw refuse(text, "format specification must follow -o");
  }
  const format = words.length === 0 ? FULL : formatOf(letters, text);
  const columns = lists.length > 0 ? lists.flatMap(parseList) : fromFormat(format);
  if (columns.some(({ title }) => title === "PID")) return columns;
  throw new EngineError("invalid", "Couldn't find PID field in ps output");
}

interface Word {
  readonly flags: string;
  readonly list?: string;
  readonly wantsNext?: boolean;
}

/** `-eo`, `-opid,args`, `aux`, `--format=pid`: an `o` takes the rest of the word, or the next one. */
function splitWord(word: string, text: string): Word {
  const long = /^--format(?:=(.*))?$/.exec(word);
  if (long !== null)
    return long[1] === undefined ? { flags: "", wantsNext: true } : { flags: "", list: long[1] };
  const [, dash = "", body = ""] = /^(-?)([a-zA-Z][\s\S]*)$/.exec(word) ?? [];
  if (body === "") throw refuse(text, `"${word}" is not known`);
  const at = body.search(/[oO]/);
  const flags = at < 0 ? body : body.slice(0, at);
  if (/[^a-zA-Z]/.test(flags)) throw refuse(text, `"${word}" is not known`);
  const tagged = `${dash}${flags}`;
  if (at < 0) return { flags: tagged };
  const rest = body.slice(at + 1);
  return rest === "" ? { flags: tagged, wantsNext: true } : { flags: tagged, list: rest };
}

/** Letters that only choose processes say nothing here; of those that choose columns, the last counts. */
function formatOf(words: readonly string[], text: string): string {
  const formats = words.flatMap((word) => {
    const known = word.startsWith("-") ? UNIX : BSD_LETTERS;
    return [...word.replace("-", "")].map((letter) => known.get(letter) ?? unknown(text, letter));
  });
  if (formats.includes(BSD_USER)) return BSD_USER;
  return formats.findLast((format) => format !== "") ?? SHORT;
}

function unknown(text: string, letter: string): never {
  throw refuse(text, `the option "${letter}" is not known`);
}

const UNIX: ReadonlyMap<string, string> = new Map([
  ["e", ""],
  ["A", ""],
  ["a", ""],
  ["d", ""],
  ["w", ""],
  ["H", ""],
  ["f", FULL],
  ["F", EXTRA_FULL],
  // `ps -aux` is taken for `ps aux`.
  ["u", BSD_USER],
  ["x", ""],
]);

const BSD_LETTERS: ReadonlyMap<string, string> = new Map([
  ["a", BSD],
  ["x", BSD],
  ["f", BSD],
  ["w", ""],
  ["u", BSD_USER],
]);

function fromFormat(format: string): readonly ChosenColumn[] {
  return format.split(",").map((each) => {
    const [name = "", title = ""] = each.split(":");
    return { title, column: requireColumn(name) };
  });
}

/** `pid,user=WHO`: a title may be given, but not that of the column that processes are told by. */
function parseList(list: string): readonly ChosenColumn[] {
  return list
    .split(/[,\s]+/)
    .filter(Boolean)
    .map((each) => {
      const [name = "", title] = each.split(/=(.*)/s, 2);
      const column = requireColumn(name);
      if (title === undefined) return { title: column.title, column };
      if (title === "" || /\s/.test(title) || (title.startsWith("PID") && name !== "pid")) {
        throw new EngineError("invalid", `specifying "${name}=${title}" is not allowed`);
      }
      return { title, column };
    });
}

function requireColumn(name: string): Column {
  const column = COLUMNS.get(name);
  if (column !== undefined) return column;
  const known = [...COLUMNS.keys()].join(", ");
  throw new EngineError(
    "invalid",
    `unknown user-defined format specifier "${name}"; these are known: ${known}`,
  );
}

function refuse(text: string, why: string): EngineError {
  return new EngineError(
    "invalid",
    `Cannot show processes by "${text}": ${why}; known are -ef, -eF, aux, -e, ax and -o with a list of columns`,
  );
}
