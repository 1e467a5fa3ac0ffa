/** Compares texts as people sort them: `net9` before `net10`. */
export function compareNaturally(a: string, b: string): number {
  const left = tokensOf(a);
  const right = tokensOf(b);
  for (const [index, token] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareTokens(token, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function tokensOf(text: string): readonly string[] {
  return text.match(/[0-9]+|[^0-9]/gu) ?? [];
}

function compareTokens(a: string, b: string): number {
  if (a === b) return 0;
  if (!isNumber(a) || !isNumber(b)) return a < b ? -1 : 1;
  const difference = BigInt(a) - BigInt(b);
  if (difference !== 0n) return difference < 0n ? -1 : 1;
  // The same number: the one with fewer zeros before it.
  return a.length - b.length;
}

function isNumber(token: string): boolean {
  return /^[0-9]/.test(token);
}
