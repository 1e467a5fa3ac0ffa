import { CommandError } from "../command.ts";
import { TemplateError } from "../template/lex.ts";
import { compileTemplate, type Template } from "../template/render.ts";

/** How mistakes in a template are told, found when it is read and when it is filled in. */
export interface TemplateProblems {
  readonly reading: string;
  readonly filling: string;
}

/** Reads a template that the user wrote; its mistakes are the user's to see. */
export function compileUserTemplate(source: string, problems: TemplateProblems): Template {
  const template = explainTemplate(problems.reading, () => compileTemplate(source));
  return (value) => explainTemplate(problems.filling, () => template(value));
}

function explainTemplate<T>(problem: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof TemplateError)) throw cause;
    throw new CommandError(`${problem}: ${cause.message}`, 1, { cause });
  }
}
