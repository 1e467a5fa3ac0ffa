const ALL = "ALL";

/** Capabilities in the API's spelling; what is both added and dropped is added. */
export function toCapabilities(
  added: readonly string[],
  dropped: readonly string[],
): { readonly add: readonly string[]; readonly drop: readonly string[] } {
  const add = normalize(added);
  const drop = normalize(dropped);
  return { add, drop: drop.filter((name) => !add.includes(name)) };
}

function normalize(written: readonly string[]): readonly string[] {
  const names = written.map((name) => name.trim().toUpperCase()).filter((name) => name !== "");
  if (names.includes(ALL)) return [ALL];
  const full = names.map((name) => (name.startsWith("CAP_") ? name : `CAP_${name}`));
  return [...new Set(full)].sort();
}
