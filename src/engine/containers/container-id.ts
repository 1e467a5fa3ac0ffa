import { randomBytes } from "node:crypto";

/**
 * A new container's id: 64 hex digits. The first twelve are its hostname where it is given none, and
 * are never digits alone: resolvers take such a name for an address (inet_aton(3)), and do not find it.
 */
export function newContainerId(random = () => randomBytes(32).toString("hex")): string {
  for (;;) {
    const id = random();
    if (/[a-f]/.test(id.slice(0, 12))) return id;
  }
}
