import { CommandError } from "./command.ts";
import type { Io, Output } from "./io.ts";
import { resolvePath } from "./paths.ts";

/** Refuses to write an archive where a person would see its bytes. */
export async function refuseTerminal(path: string, verb: string, io: Io): Promise<void> {
  if (path !== "" || !(await io.terminal.isTerminal("stdout"))) return;
  throw new CommandError(`cowardly refusing to ${verb} to a terminal. Use the -o flag or redirect`);
}

/** Writes an archive to a file, or to standard output where no path is given. */
export async function writeArchive(archive: Response, path: string, io: Io): Promise<void> {
  if (path === "") await copyTo(io.stdout, archive);
  else await writeFile(resolvePath(path, io), archive);
}

async function copyTo(output: Output, { body }: Response): Promise<void> {
  if (body === null) return;
  for await (const chunk of body) {
    output.write(chunk);
    await output.flush();
  }
}

/** The file appears under its name only when it is whole. */
async function writeFile(path: string, archive: Response): Promise<void> {
  const { rename, unlink } = await import("node:fs/promises");
  const temporary = `${path}.sampan-${crypto.randomUUID()}`;
  try {
    await Bun.write(temporary, archive);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined); // It may not even have been made.
    throw error;
  }
}
