/** A plan, told: what will be done or was done, in order. */
export interface ExplainedPlan {
  readonly containerId?: string;
  /** What the daemon does on the host around the steps, in order; times only when it was run. */
  readonly phases: readonly {
    readonly name: string;
    readonly what: string;
    readonly tookNs?: number;
  }[];
  readonly steps: readonly ExplainedStep[];
  /** What create would warn of. */
  readonly warnings?: readonly string[];
  readonly pids?: { readonly outside: number; readonly inside: number };
  /** Namespace name to inode number, of the container. */
  readonly namespaces?: Readonly<Record<string, number>>;
  readonly failed?: { readonly step: number; readonly error: string };
}

export interface ExplainedStep {
  readonly index: number;
  /** The step's name, such as `mount` or `capabilities`. */
  readonly op: string;
  /** What it does, with its arguments, in one line. */
  readonly what: string;
  /** The option, the image's setting or the default that asked for it. */
  readonly why: string;
  readonly tookNs?: number;
}
