import { describeType, formatValue, isTrue } from "./values.ts";

type TemplateFunction = (...args: readonly unknown[]) => unknown;

/** What a template can call: Go's own functions and those that Docker adds. */
export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  and: (...args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1),
  or: (...args) => args.find(isTrue) ?? args.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((other) => compare(first, other) === 0),
  ne: (a, b) => compare(a, b) !== 0,
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  len: (value) => lengthOf(value),
  index: (value, ...keys) => keys.reduce(pick, value),
  slice: (value, from = 0, to = lengthOf(value)) => sliceOf(value, from, to),
  print: (...args) => printArgs(args),
  println: (...args) => `${args.map(formatValue).join(" ")}\n`,
  printf: (format, ...args) => printFormatted(String(format), args),
  json: (value) => JSON.stringify(value ?? null),
  split: (text, separator) => toText(text).split(toText(separator)),
  join: (list, separator) => toList(list).map(formatValue).join(toText(separator)),
  title: (text) => toText(text).replace(/(^|\s)\p{L}/gu, (start) => start.toUpperCase()),
  lower: (text) => toText(text).toLowerCase(),
  upper: (text) => toText(text).toUpperCase(),
  pad: (text, before, after) =>
    toText(text) === ""
      ? ""
      : " ".repeat(Number(before)) + toText(text) + " ".repeat(Number(after)),
  truncate: (text, length) => [...toText(text)].slice(0, Number(length)).join(""),
};

function compare(a: unknown, b: unknown): number {
  if (typeof a !== typeof b || (typeof a === "object" && a !== null)) {
    throw new Error("incompatible types for comparison");
  }
  if (a === b) return 0;
  return String(a) < String(b) && typeof a !== "number"
    ? -1
    : Math.sign(Number(a) - Number(b)) || 1;
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  throw new Error(`len of type ${describeType(value)}`);
}

function pick(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    const item: unknown = value[Number(key)];
    if (Number.isInteger(key) && Number(key) >= 0 && Number(key) < value.length) return item;
    throw new Error(`error calling index: index out of range: ${formatValue(key)}`);
  }
  if (typeof value === "object" && value !== null) {
    return Object.hasOwn(value, String(key)) ? (value as Record<string, unknown>)[String(key)] : "";
  }
  throw new Error(`error calling index: can't index item of type ${describeType(value)}`);
}

function sliceOf(value: unknown, from: unknown, to: unknown): unknown {
  if (typeof value !== "string" && !Array.isArray(value)) {
    throw new Error(`error calling slice: can't slice item of type ${describeType(value)}`);
  }
  const [start, end] = [Number(from), Number(to)];
  if (start < 0 || end > value.length || start > end) {
    throw new Error(`error calling slice: index out of range: ${end}`);
  }
  return value.slice(start, end);
}

/** Go puts spaces only between operands of which neither is a text. */
function printArgs(args: readonly unknown[]): string {
  return args
    .map((arg, i) => {
      const spaced = i > 0 && typeof arg !== "string" && typeof args[i - 1] !== "string";
      return (spaced ? " " : "") + formatValue(arg);
    })
    .join("");
}

function printFormatted(format: string, args: readonly unknown[]): string {
  let next = 0;
  return format.replace(/%(-?)([0-9]*)(?:\.([0-9]+))?([a-zA-Z%])/g, (_, ...groups: string[]) => {
    const [left, width, digits, verb = ""] = groups;
    if (verb === "%") return "%";
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const shown = formatVerb(verb, args[next++], digits);
    return left === "-" ? shown.padEnd(Number(width)) : shown.padStart(Number(width));
  });
}

function formatVerb(verb: string, value: unknown, digits: string | undefined): string {
  switch (verb) {
    case "q":
      return JSON.stringify(formatValue(value));
    case "x":
      return typeof value === "number"
        ? value.toString(16)
        : Buffer.from(formatValue(value)).toString("hex");
    case "f":
      return Number(value).toFixed(digits === undefined ? 6 : Number(digits));
    case "s":
    case "v":
    case "d":
    case "t":
      return formatValue(value);
    default:
      return `%!${verb}(${formatValue(value)})`;
  }
}

function toText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Error(`wrong type for value; expected string; got ${describeType(value)}`);
}

function toList(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new Error(`wrong type for value; expected list; got ${describeType(value)}`);
}
