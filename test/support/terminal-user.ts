import { waitUntil } from "./wait-until.ts";

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Somebody at a terminal, usually of 80 by 24, who runs a program, types, and reads what is shown. */
export class TerminalUser implements Disposable {
  readonly #child: Bun.Subprocess;
  #shown = "";
  #all = "";
  #ended = false;

  constructor(command: readonly string[], options: TerminalOptions = {}) {
    const { columns = 80, rows = 24, env } = options;
    this.#child = Bun.spawn([...command], {
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
      terminal: {
        cols: columns,
        rows,
        data: (_, bytes) => {
          const text = Buffer.from(bytes).toString();
          this.#shown += text;
          this.#all += text;
        },
      },
    });
    void this.exited.then(() => {
      this.#ended = true;
    });
  }

  /** The program's exit code. */
  get exited(): Promise<number> {
    return this.#child.exited;
  }

  /** Everything that the program has written. */
  get transcript(): string {
    return this.#all;
  }

  type(text: string): void {
    this.#child.terminal?.write(text);
  }

  resize(columns: number, rows: number): void {
    this.#child.terminal?.resize(columns, rows);
  }

  /** Waits until this is shown; what was shown before it counts no more. */
  async until(wanted: string | RegExp): Promise<void> {
    const find = () =>
      typeof wanted === "string" ? this.#shown.indexOf(wanted) : this.#shown.search(wanted);
    const look = () => {
      if (find() < 0 && this.#ended) throw new Error(`It ended, and had shown ${this.#said}`);
      return find() >= 0;
    };
    await waitUntil(`the terminal shows ${wanted}`, look, 10_000).catch((error: unknown) => {
      throw new Error(`${String(error)}; it shows ${this.#said}`);
    });
    const length = typeof wanted === "string" ? wanted.length : 1;
    this.#shown = this.#shown.slice(find() + length);
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
    this.#child.terminal?.close();
  }

  get #said(): string {
    return JSON.stringify(this.#shown);
  }
}
