/** Splits a line at its commas; a field in double quotes may hold commas, and `""` for a quote. */
export function splitCsv(line: string): readonly string[] {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = rest.startsWith('"');
    const match = quoted ? /^"((?:[^"]|"")*)"(,|$)/.exec(rest) : /^([^,"]*)(,|$)/.exec(rest);
    if (match === null) throw new Error(describe(line, quoted));
    const [whole, field = "", end] = match;
    fields.push(quoted ? field.replaceAll('""', '"') : field);
    if (end === "") return fields;
    rest = rest.slice(whole.length);
  }
}

function describe(line: string, quoted: boolean): string {
  const problem = quoted ? 'extraneous or missing " in quoted-field' : 'bare " in non-quoted-field';
  return `parse error on line 1, column ${Math.max(line.indexOf('"'), 0) + 1}: ${problem}`;
}
