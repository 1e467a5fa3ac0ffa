import { EngineError } from "../../base/errors.ts";

/** An entry point and a command, of an image or of a request. */
export interface CommandParts {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
}

/** What runs: the program and its arguments, and what inspect shows them to be made of. */
export interface Command {
  readonly path: string;
  readonly args: readonly string[];
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
}

/**
 * Combines what is asked with what the image has, as Docker does: an entry point of one's own also
 * drops the image's command, and `[""]` is how a client says "no entry point".
 */
export function combineCommand(asked: CommandParts, image: CommandParts): Command {
  const { entrypoint, command } = inherit(asked, image);
  const [path, ...args] = [...(entrypoint ?? []), ...(command ?? [])];
  if (path === undefined) throw new EngineError("invalid", "no command specified");
  return { path, args, entrypoint, command };
}

function inherit(asked: CommandParts, image: CommandParts) {
  if (isFilled(asked.entrypoint)) {
    const reset = asked.entrypoint.length === 1 && asked.entrypoint[0] === "";
    return { entrypoint: reset ? undefined : asked.entrypoint, command: asked.command };
  }
  return {
    entrypoint: asked.entrypoint ?? image.entrypoint,
    command: isFilled(asked.command) ? asked.command : image.command,
  };
}

function isFilled(words: readonly string[] | undefined): words is readonly string[] {
  return words !== undefined && words.length > 0;
}
