const UNITS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5 };

/** Reads a size such as `64m` or `1.5 GiB`; units count in 1024s. */
export function parseBytes(value: string): number {
  const split = value.search(/[^0-9. ][^0-9. ]*$/);
  const [digits, suffix] =
    split < 0 ? [value, ""] : [value.slice(0, split), value.slice(split).toLowerCase()];
  if (!/[0-9. ]/.test(digits)) throw new Error(`invalid size: '${value}'`);
  const size = parseDecimal(digits.replace(/ $/, ""));
  if (size < 0) throw new Error(`invalid size: '${value}'`);
  return Math.trunc(size * unitFactor(suffix));
}

function unitFactor(suffix: string): number {
  if (suffix === "" || suffix === "b") return 1;
  const power = UNITS[suffix.charAt(0)];
  if (power === undefined || !["", "b", "ib"].includes(suffix.slice(1))) {
    throw new Error(`invalid suffix: '${suffix}'`);
  }
  return 1024 ** power;
}

function parseDecimal(digits: string): number {
  if (/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(digits)) return Number(digits);
  throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(digits)}: invalid syntax`);
}
