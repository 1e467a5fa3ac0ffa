import type { TarEntry } from "../../base/tar/tar-entry.ts";
import { CommandError } from "../command.ts";
import type { Io } from "../io.ts";

/** Pipes and devices, which only other programs can make for this one. */
export class SpecialFiles {
  readonly #io: Io;
  readonly #found: { readonly path: Buffer; readonly entry: TarEntry }[] = [];

  constructor(io: Io) {
    this.#io = io;
  }

  add(path: Buffer, entry: TarEntry): void {
    this.#found.push({ path, entry });
  }

  /** Makes them all. */
  async make(): Promise<void> {
    for (const { path, entry } of this.#found) {
      const result = await this.#io.runProgram(commandFor(path.toString(), entry), "");
      if (result?.exitCode === 0) continue;
      throw new CommandError(`cannot make the ${entry.kind} "${path}"`);
    }
  }
}

function commandFor(path: string, { kind, mode, device }: TarEntry): readonly string[] {
  const common = ["mknod", "-m", mode.toString(8), "--", path];
  if (kind === "fifo") return [...common, "p"];
  return [...common, kind === "block" ? "b" : "c", String(device.major), String(device.minor)];
}
