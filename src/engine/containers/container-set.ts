import { EngineError } from "../../base/errors.ts";
import type { Container } from "./container.ts";

/** All containers, found by id, by name, or by the beginning of an id; but not before they are made. */
export class ContainerSet {
  readonly #byId = new Map<string, Container>();
  readonly #byName = new Map<string, Container>();

  add(container: Container): void {
    this.#byId.set(container.id, container);
    this.#byName.set(container.name, container);
  }

  remove(container: Container): void {
    this.#byId.delete(container.id);
    this.#byName.delete(container.name);
  }

  /** After its record has the new name. */
  rename(container: Container, oldName: string): void {
    this.#byName.delete(oldName);
    this.#byName.set(container.name, container);
  }

  /** Under exactly this name; one that is not made yet too. */
  findByName(name: string): Container | undefined {
    return this.#byName.get(name);
  }

  hasName(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Those that are being made too, in no order. */
  listAll(): readonly Container[] {
    return [...this.#byId.values()];
  }

  /** Newest first. */
  list(): readonly Container[] {
    const newestFirst = this.listAll().filter(isMade).reverse();
    return newestFirst.sort((one, other) =>
      one.record.createdAt < other.record.createdAt ? 1 : -1,
    );
  }

  /** Docker's order: a whole id, then a name, then the beginning of an id if only one has it. */
  find(ref: string): Container | undefined {
    if (ref === "") throw new EngineError("invalid", "No container name or ID supplied");
    const exact = this.#byId.get(ref) ?? this.#byName.get(ref.replace(/^\//, ""));
    if (exact !== undefined) return isMade(exact) ? exact : undefined;

    const [found, another] = this.#startingWith(ref);
    if (another === undefined) return found;
    throw new EngineError("invalid", `Multiple IDs found with provided prefix: ${ref}`);
  }

  get(ref: string): Container {
    const container = this.find(ref);
    if (container !== undefined) return container;
    throw new EngineError("not-found", `No such container: ${ref}`);
  }

  #startingWith(prefix: string): readonly Container[] {
    const found: Container[] = [];
    for (const [id, container] of this.#byId) {
      if (id.startsWith(prefix) && isMade(container)) found.push(container);
      if (found.length > 1) break;
    }
    return found;
  }
}

function isMade({ paths }: Container): boolean {
  return paths !== undefined;
}
