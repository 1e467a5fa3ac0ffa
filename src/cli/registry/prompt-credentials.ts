import { CommandError } from "../command.ts";
import { type Io, print } from "../io.ts";
import { LineReader } from "../terminal/line-reader.ts";
import { printNote, underline } from "../terminal/note.ts";
import { HUB_SERVER } from "./registry-auth.ts";

export interface UserAndPassword {
  readonly username: string;
  readonly password: string;
}

const HUB_HINT =
  "Log in with your Docker ID or email address to push and pull images from Docker Hub. If you don't have a Docker ID, head over to https://hub.docker.com/ to create one.\n";
const TOKEN_HINT =
  "You can log in with your password or a Personal Access Token (PAT). Using a limited-scope PAT grants better security and is required for organizations using SSO. Learn more at https://docs.docker.com/go/access-tokens/\n\n";
const TOKEN_NOTE = `A Personal Access Token (PAT) can be used instead.
To create a PAT, visit ${underline("https://app.docker.com/settings")}

`;

/** Whom to ask, and for which server. */
export interface Prompting {
  readonly server: string;
  /** The user name of before; empty where there is none. */
  readonly usual: string;
  readonly io: Io;
  readonly signal: AbortSignal;
}

/** Asks for what was not given of a user name and a password; the password is not seen. */
export async function promptCredentials(
  { username, password }: UserAndPassword,
  { server, usual, io, signal }: Prompting,
): Promise<UserAndPassword> {
  const given = { username: username.trim(), password: password.trim() };
  if (given.username !== "" && given.password !== "") return given;
  const lines = new LineReader(io.stdin, signal);
  const isHub = server === HUB_SERVER;
  if (given.username === "" && isHub) await print(io.stdout, HUB_HINT + tokenHint(io));
  try {
    const name = given.username || (await askName(lines, usual, io));
    return { username: name, password: given.password || (await askPassword(lines, isHub, io)) };
  } catch (error) {
    if (signal.aborted) await print(io.stdout, "\n"); // The cursor still stands behind the question.
    throw error;
  }
}

function tokenHint({ env }: Io): string {
  return ["0", "f", "F", "false", "FALSE", "False"].includes(env["DOCKER_CLI_HINTS"] ?? "")
    ? ""
    : TOKEN_HINT;
}

async function askName(lines: LineReader, usual: string, io: Io): Promise<string> {
  await print(io.stdout, usual === "" ? "Username: " : `Username (${usual}): `);
  const name = (await lines.next()).trim() || usual;
  if (name === "") throw new CommandError("Error: Non-null Username Required");
  return name;
}

async function askPassword(lines: LineReader, isHub: boolean, io: Io): Promise<string> {
  using _hidden = await io.terminal.hideInput();
  if (isHub) await printNote(io, "stderr", TOKEN_NOTE);
  await print(io.stdout, "Password: ");
  const password = (await lines.next()).trim();
  await print(io.stdout, "\n");
  if (password === "") throw new CommandError("Error: Password Required");
  return password;
}
