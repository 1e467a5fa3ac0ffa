import type { IdMapping } from "../oci/runtime-spec.ts";

/** Mappings of users' and of groups' ids. */
export interface IdMap {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

/** Mappings in the form that the kernel takes. user_namespaces(7) */
export function toMap(mappings: readonly IdMapping[]): string {
  return mappings
    .map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`)
    .join("");
}
