import type { Random } from "../support/random.ts";
import type { ApiTable, Field } from "./api-table.ts";

/** Texts that mean something somewhere, or break something somewhere else. */
export const TEXTS: readonly string[] = [
  "",
  "0",
  "-1",
  "true",
  "null",
  "busybox",
  "busybox:latest",
  "running",
  "created",
  "bridge",
  "none",
  "container:running",
  "fuzz-net",
  "fuzz-volume",
  "/",
  "/etc/passwd",
  "/tmp/../..",
  "../../x",
  "a/b",
  "a=b",
  "80/tcp",
  "80-90/udp",
  "99999/tcp",
  "10.250.0.0/24",
  "127.0.0.1",
  "::1",
  "fe80::1%eth0",
  "local",
  "json-file",
  "SIGKILL",
  "KILL",
  "999",
  "root",
  "0:0",
  "1m",
  "2026-01-01T00:00:00Z",
  "99999999999999999999",
  "sha256:0000000000000000000000000000000000000000000000000000000000000000",
  '{"label":["a=b"]}',
  '{"name":{"x":true}}',
  "{",
  "\0",
  "\u202e\ud83d\ude00 ä",
  "\ud800",
  "%00%zz",
  "a\r\nb: c",
  "x".repeat(300),
  "y".repeat(70_000),
];

const NUMBERS = [0, 1, -1, 2, 100, 65536, 2 ** 31, -(2 ** 31), 2 ** 53, 1e19, -1e19, 0.5, 1e308];

/** Without these nothing else of a body would be looked at. */
const NEEDED: Readonly<Record<string, object>> = {
  ContainerCreate: { Image: "busybox" },
  ContainerExec: { Cmd: ["true"] },
  NetworkCreate: { Name: "fuzz-made" },
  NetworkConnect: { Container: "running" },
  NetworkDisconnect: { Container: "running" },
};

/** Makes values of the API's types: mostly right ones, some of another type, some of no sense. */
export class RandomJson {
  readonly #random: Random;
  readonly #types: ApiTable["types"];

  constructor(random: Random, types: ApiTable["types"]) {
    this.#random = random;
    this.#types = types;
  }

  /** A value, as JSON. Some of them are cut off, have a key twice, or are deeper than anybody needs. */
  text(type: string): string {
    const text = JSON.stringify(this.value(type, 0));
    switch (this.#random.below(24)) {
      case 0:
        return text.slice(0, this.#random.below(text.length + 1));
      case 1:
        return text.replace(/^\{/, '{"Image":1,"Image":"busybox","Name":null,');
      case 2:
        return `${"[".repeat(5000)}${text}${"]".repeat(5000)}`;
      case 3:
        return text.replace(/"(\w+)":/, (_, key: string) => `"${key.toLowerCase()}":`);
      case 4:
        return `${text}${text}`;
      default:
        return text;
    }
  }

  value(type: string, depth: number): unknown {
    if (this.#random.below(16) === 0) return this.#wrong(depth);
    if (type.endsWith("[]")) return this.#list(type.slice(0, -2), depth);
    if (type.endsWith("{}")) return Object.fromEntries(this.#entries(type.slice(0, -2), depth));
    const fields = this.#types.get(type);
    if (fields === undefined) return this.#primitive(type);
    const needed = this.#random.below(8) === 0 ? {} : NEEDED[type];
    return { ...needed, ...this.#record(fields, depth) };
  }

  #record(fields: readonly Field[], depth: number): object {
    // Where many fields are odd, the first one hides the others.
    const chance = this.#random.pick([3, 10, 30]);
    const chosen = fields.filter(() => this.#random.below(chance) === 0);
    const known = chosen.map(({ name, type }) => [name, this.value(type, depth + 1)] as const);
    const unknown = this.#random.below(8) === 0 ? this.#entries("any", depth) : [];
    return Object.fromEntries(this.#random.shuffle([...known, ...unknown]));
  }

  #list(type: string, depth: number): unknown[] {
    const length = depth > 5 ? 0 : this.#random.pick([0, 1, 1, 2, 3]);
    return Array.from({ length }, () => this.value(type, depth + 1));
  }

  #entries(type: string, depth: number): (readonly [string, unknown])[] {
    const length = depth > 5 ? 0 : this.#random.below(3);
    return Array.from({ length }, () => [this.#random.pick(TEXTS), this.value(type, depth + 1)]);
  }

  #primitive(type: string): unknown {
    switch (type) {
      case "integer":
      case "number":
        return this.#random.pick(NUMBERS);
      case "boolean":
        return this.#random.below(2) === 0;
      case "any":
        return this.#wrong(6);
      default:
        return this.#random.pick(TEXTS);
    }
  }

  #wrong(depth: number): unknown {
    const values = [null, true, "text", 1, -1.5, [], {}, [[null]], { a: { b: [{}] } }];
    return depth > 4 ? null : this.#random.pick(values);
  }
}
