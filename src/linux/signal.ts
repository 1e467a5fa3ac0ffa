import { EngineError } from "../base/errors.ts";

// x86 and arm agree on these; MIPS and SPARC, which do not, are not supported. signal(7)
const NUMBERS = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
} as const;

const ALIASES = { IOT: 6, CLD: 17, POLL: 29 } as const;

// What a program may use: the C library keeps 32 and 33 to itself.
const RTMIN = 34;
const RTMAX = 64;

/** The signals that code of ours sends or waits for. */
export const SIG: Readonly<Record<`SIG${keyof typeof NUMBERS}`, number>> = withPrefix(NUMBERS);

const BY_NAME: ReadonlyMap<string, number> = new Map([
  ...Object.entries(NUMBERS),
  ...Object.entries(ALIASES),
  ...realTimeNames(),
]);

const BY_NUMBER: ReadonlyMap<number, string> = new Map([
  ...realTimeNames().map(([name, number]) => [number, name] as const),
  ...Object.entries(NUMBERS).map(([name, number]) => [number, name] as const),
]);

/** Reads `SIGTERM`, `term`, `15` or `RTMIN+3`, as Docker does, with Docker's errors. */
export function parseSignal(text: string): number {
  const number = /^[+-]?\d+$/.test(text)
    ? Number(text)
    : BY_NAME.get(text.toUpperCase().replace(/^SIG/, ""));
  if (number === undefined || number === 0 || !Number.isSafeInteger(number)) {
    throw new EngineError("invalid", `invalid signal: ${text}`);
  }
  if (!BY_NUMBER.has(number)) {
    throw new EngineError("invalid", `the linux daemon does not support signal ${number}`);
  }
  return number;
}

/** The name of a signal, such as `SIGTERM` or `SIGRTMIN+3`; its number as text if it has none. */
export function signalName(number: number): string {
  const name = BY_NUMBER.get(number);
  return name === undefined ? String(number) : `SIG${name}`;
}

/** The lower half counts up from RTMIN, the upper half down from RTMAX, as `kill -l` has it. */
function realTimeNames(): (readonly [name: string, number: number])[] {
  const count = RTMAX - RTMIN + 1;
  return Array.from({ length: count }, (_, index) => {
    const number = RTMIN + index;
    return [realTimeName(number), number] as const;
  });
}

function realTimeName(number: number): string {
  if (number === RTMIN) return "RTMIN";
  if (number === RTMAX) return "RTMAX";
  return number <= RTMIN + 15 ? `RTMIN+${number - RTMIN}` : `RTMAX-${RTMAX - number}`;
}

function withPrefix<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): Readonly<Record<`SIG${Name}`, number>> {
  const entries = Object.entries<number>(numbers).map(([name, number]) => [`SIG${name}`, number]);
  return Object.fromEntries(entries);
}
