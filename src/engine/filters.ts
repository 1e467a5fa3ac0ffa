/** A key's values are alternatives; different keys must all match. */
export type Filters = Readonly<Record<string, readonly string[]>>;
