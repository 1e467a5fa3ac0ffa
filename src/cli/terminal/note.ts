import { type Io, print } from "../io.ts";

const RESET = "\x1b[0m";
const SGR = { bold: 1, italic: 3, underline: 4, red: 31, green: 32 } as const;
const INDENT = " ".repeat(9);
const PLAIN_HEAD = " Info -> ";
const COLOURED_HEAD = `\x1b[1m\x1b[106m\x1b[30mi${RESET}${RESET} \x1b[96mInfo → ${RESET}${RESET}`;

/** A text for a note; off a terminal it loses its look. */
export function bold(text: string): string {
  return style("bold", text);
}

export function underline(text: string): string {
  return style("underline", text);
}

export function red(text: string): string {
  return style("red", text);
}

export function green(text: string): string {
  return style("green", text);
}

/** Prints what a user should know beside the result, set apart from it. */
export async function printNote(io: Io, to: "stdout" | "stderr", text: string): Promise<void> {
  const coloured = io.env["TERM"] !== "dumb" && (await io.terminal.isTerminal(to));
  const lines = text.split("\n").map((line) => (coloured ? style("italic", line) : strip(line)));
  const head = coloured ? COLOURED_HEAD : PLAIN_HEAD;
  await print(io[to], `\n${head}${lines.join(`\n${INDENT}`)}\n`);
}

function style(name: keyof typeof SGR, text: string): string {
  return `\x1b[${SGR[name]}m${text}${RESET}`;
}

function strip(text: string): string {
  return Bun.stripANSI(text);
}
