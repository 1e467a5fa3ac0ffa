import { asRecord, asText } from "../format/json-object.ts";
import type { Io } from "../io.ts";
import type { Credentials } from "./credentials.ts";

/** The user name that says that the secret is a token, not a password. */
const TOKEN_USER = "<token>";
const NOT_FOUND = "credentials not found in native keychain";

type Known = Pick<Credentials, "username" | "password" | "identityToken">;

/** A program that keeps credentials: `docker-credential-NAME get|store|erase`. */
export class CredentialHelper {
  readonly #program: string;
  readonly #io: Pick<Io, "runProgram">;

  constructor(name: string, io: Pick<Io, "runProgram">) {
    this.#program = `docker-credential-${name}`;
    this.#io = io;
  }

  async find(server: string): Promise<Known | undefined> {
    const { exitCode, stdout } = await this.#run("get", server, "getting");
    if (exitCode !== 0 && stdout.includes(NOT_FOUND)) return undefined;
    this.#check({ exitCode, stdout }, "getting");
    const fields = asRecord(JSON.parse(stdout));
    const [username, secret] = [asText(fields["Username"]), asText(fields["Secret"])];
    return username === TOKEN_USER
      ? { username: "", password: "", identityToken: secret }
      : { username, password: secret, identityToken: "" };
  }

  async save(server: string, { username, password, identityToken }: Credentials): Promise<void> {
    const isToken = identityToken !== "";
    const message = {
      ServerURL: server,
      Username: isToken ? TOKEN_USER : username,
      Secret: isToken ? identityToken : password,
    };
    this.#check(await this.#run("store", `${JSON.stringify(message)}\n`, "storing"), "storing");
  }

  async remove(server: string): Promise<void> {
    const result = await this.#run("erase", server, "erasing");
    if (result.stdout.includes(NOT_FOUND)) return;
    this.#check(result, "erasing");
  }

  async #run(action: string, input: string, doing: string) {
    const result = await this.#io.runProgram([this.#program, action], input);
    if (result !== undefined) return result;
    const problem = `exec: "${this.#program}": executable file not found in $PATH`;
    throw new Error(`error ${doing} credentials - err: ${problem}, out: \`\``);
  }

  #check({ exitCode, stdout }: { exitCode: number; stdout: string }, doing: string): void {
    if (exitCode === 0) return;
    const out = stdout.trim();
    throw new Error(`error ${doing} credentials - err: exit status ${exitCode}, out: \`${out}\``);
  }
}
