import { ApiError } from "../../client/errors.ts";
import { SystemApi } from "../../client/system.ts";
import { CommandError, command, type Invocation } from "../command.ts";
import { bool, text } from "../flags/flag.ts";
import { type Io, print } from "../io.ts";
import { type ConfigFile, loadConfig } from "../registry/config-file.ts";
import {
  type CredentialStore,
  type Credentials,
  chooseStore,
  NO_CREDENTIALS,
  toHostname,
} from "../registry/credentials.ts";
import { promptCredentials } from "../registry/prompt-credentials.ts";
import { HUB_SERVER, toRegistryAuth } from "../registry/registry-auth.ts";
import { describeError } from "../report-error.ts";
import { abortOnInterrupt } from "../terminal/interrupt.ts";
import { printNote } from "../terminal/note.ts";

const FLAGS = {
  password: text("Password or Personal Access Token (PAT)", { short: "p" }),
  "password-stdin": bool("Take the Password or Personal Access Token (PAT) from stdin"),
  username: text("Username", { short: "u" }),
} as const;

type LoginInvocation = Invocation<typeof FLAGS>;

export const login = command({
  usage: "[OPTIONS] [SERVER]",
  operands: { min: 0, max: 1 },
  flags: FLAGS,
  async run(invocation: LoginInvocation) {
    const { operands, io, connect } = invocation;
    checkFlags(invocation);
    const given = await readGiven(invocation);
    return abortOnInterrupt(io, async (signal) => {
      const [name = ""] = operands;
      const isHub = name === "" || name === "docker.io" || name === HUB_SERVER;
      const server = isHub ? HUB_SERVER : toHostname(name);
      const config = await loadConfig(io);
      const store = await chooseStore(config, server, io);
      const system = new SystemApi(await connect({ start: true }));
      const attempt: Attempt = { config, store, server, system, io, signal };
      const status = await loginWith(attempt, given);
      if (status !== "") await print(io.stdout, `${status}\n`);
      return 0;
    });
  },
});

interface Attempt {
  readonly config: ConfigFile;
  readonly store: CredentialStore;
  readonly server: string;
  readonly system: SystemApi;
  readonly io: Io;
  readonly signal: AbortSignal;
}

interface Given {
  readonly username: string;
  readonly password: string;
}

function checkFlags({ flags, given }: LoginInvocation): void {
  if (given.has("password-stdin")) {
    if (given.has("password")) {
      throw new CommandError(
        "conflicting options: cannot specify both --password and --password-stdin",
      );
    }
    if (!given.has("username")) {
      throw new CommandError("the --password-stdin option requires --username to be set");
    }
  }
  if (given.has("username") && flags.username === "") throw new CommandError("username is empty");
  if (given.has("password") && flags.password === "") throw new CommandError("password is empty");
}

async function readGiven({ flags, io }: LoginInvocation): Promise<Given> {
  const { username, password } = flags;
  if (password !== "") {
    await print(
      io.stderr,
      "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n",
    );
  }
  if (!flags["password-stdin"]) return { username, password };
  const read = await new Response(io.stdin.stream()).text();
  return { username, password: read.replace(/\r?\n$/, "") };
}

/** Returns what the daemon says; what is known already is tried before anybody is asked. */
async function loginWith(attempt: Attempt, given: Given): Promise<string> {
  const isAsked = given.username === "" && given.password === "";
  const known = isAsked ? await findKnown(attempt) : NO_CREDENTIALS;
  if (known.username !== "" && known.password !== "") {
    const status = await tryKnown(attempt, known);
    if (status !== undefined) return status;
  }
  const { io, server, signal } = attempt;
  if ((given.username === "" || given.password === "") && !(await io.terminal.isTerminal("stdin")))
    throw new CommandError("Error: Cannot perform an interactive login from a non TTY device");
  const chosen = await promptCredentials(given, { server, usual: known.username, io, signal });
  return authenticate(attempt, { ...NO_CREDENTIALS, ...chosen });
}

/** Where they cannot be read, the user is asked. */
async function findKnown({ store, server }: Attempt): Promise<Credentials> {
  try {
    return await store.find(server);
  } catch {
    return NO_CREDENTIALS; // Saving fails for the same reason, and says so.
  }
}

async function tryKnown(attempt: Attempt, known: Credentials): Promise<string | undefined> {
  const { io } = attempt;
  await print(
    io.stderr,
    `Authenticating with existing credentials... [Username: ${known.username}]\n`,
  );
  await printNote(
    io,
    "stderr",
    "To login with a different account, run 'sampan logout' followed by 'sampan login'",
  );
  await print(io.stderr, "\n\n");
  try {
    return await authenticate(attempt, known);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const isRefused = error.status === 401;
    const other = `Login did not succeed, error: ${describeError(error)}`;
    await print(io.stderr, `${isRefused ? "Stored credentials invalid or expired" : other}\n`);
    return undefined;
  }
}

async function authenticate(attempt: Attempt, credentials: Credentials): Promise<string> {
  const { system, server, store, io, signal } = attempt;
  const answer = await system.login(toRegistryAuth(credentials, server), signal);
  const token = answer.IdentityToken ?? "";
  const kept = token === "" ? credentials : { ...credentials, password: "", identityToken: token };
  if ((await save(store, server, kept)) === "in-plain-text") {
    await print(io.stderr, plainTextWarning(attempt.config.path));
  }
  return answer.Status ?? "";
}

async function save(store: CredentialStore, server: string, credentials: Credentials) {
  try {
    return await store.save(server, credentials);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`Error saving credentials: ${reason}`, 1, { cause });
  }
}

function plainTextWarning(path: string): string {
  return `
WARNING! Your credentials are stored unencrypted in '${path}'.
Configure a credential helper to remove this warning. See
https://docs.docker.com/go/credential-store/

`;
}
