/** What lists are narrowed by: any of a key's values, and all keys. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** The form in which a request carries filters; undefined where there are none. */
export function encodeFilters(filters: Filters): string | undefined {
  const entries = Object.entries(filters).map(
    ([key, values]) => [key, Object.fromEntries(values.map((value) => [value, true]))] as const,
  );
  return entries.length === 0 ? undefined : JSON.stringify(Object.fromEntries(entries));
}
