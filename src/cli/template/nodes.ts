/** A part of a template that is filled in by itself. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly pipe: Pipe }
  | Branch<"if">
  | Branch<"with">
  | Branch<"range">
  | { readonly kind: "break" | "continue" };

export interface Branch<K extends string> {
  readonly kind: K;
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** Commands whose results are each the last argument of the next; may set variables. */
export interface Pipe {
  readonly variables: readonly string[];
  /** `:=` makes the variables, `=` sets those that are there. */
  readonly assign: boolean;
  readonly commands: readonly (readonly Operand[])[];
  /** Where it is in the source, for messages. */
  readonly at: number;
}

/** What a command is made of; `path` is the fields taken from the value. */
export type Operand =
  | { readonly kind: "function"; readonly name: string; readonly at: number }
  | { readonly kind: "literal"; readonly value: unknown }
  | { readonly kind: "dot"; readonly path: readonly string[]; readonly at: number }
  | {
      readonly kind: "variable";
      readonly name: string;
      readonly path: readonly string[];
      readonly at: number;
    }
  | {
      readonly kind: "pipe";
      readonly pipe: Pipe;
      readonly path: readonly string[];
      readonly at: number;
    };
