/** A key's values are alternatives; different keys must all match. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/** Whether labels fit a filter, which is `key` or `key=value`. */
export function hasLabel(labels: Readonly<Record<string, string>>, filter: string): boolean {
  const end = filter.indexOf("=");
  const name = end < 0 ? filter : filter.slice(0, end);
  return Object.hasOwn(labels, name) && (end < 0 || labels[name] === filter.slice(end + 1));
}
