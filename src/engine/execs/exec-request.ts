import { EngineError } from "../../base/errors.ts";
import type { Running, Stdio } from "../../runtime/model.ts";
import type { StartContext } from "../containers/start.ts";
import { capabilitiesOf, sharedByPrograms } from "../containers/start-request.ts";
import type { ExecConfig, ExecStart } from "../facade.ts";
import type { ExecRequest } from "../runtime.ts";
import { buildEnv } from "../spec/environment.ts";
import { planProcess } from "../spec/process.ts";
import { resolveUser } from "../spec/user.ts";
import type { Exec } from "./exec.ts";

/** Says all to the runtime that it needs to run one more program in a container. */
export async function planExec(
  context: StartContext,
  exec: Exec,
  { running, options }: { readonly running: Running; readonly options: ExecStart },
): Promise<ExecRequest> {
  const { config, container } = exec;
  const { record } = container;
  const { effective } = record;
  const { host, tty } = record.config;
  const accounts = await context.accounts.read(running);
  const user = resolveUser(
    config.user === "" ? effective.user : config.user,
    accounts,
    host.groupAdd,
  );
  const base = { hostname: effective.hostname, tty: config.tty || tty, home: user.home };
  const process = planProcess(host, {
    args: config.command,
    env: buildEnv(base, [...effective.env, ...config.env]),
    cwd: workingDirOf(config, effective.workingDir),
    tty: config.tty,
    ...(options.consoleSize === undefined ? {} : { consoleSize: options.consoleSize }),
    user,
    capabilities: capabilitiesOf(context, config.privileged ? asPrivileged(record) : record),
  });
  return {
    id: exec.id,
    process,
    stdio: planStdio(config, options),
    linux: sharedByPrograms(context, record),
  };
}

function workingDirOf({ workingDir }: ExecConfig, own: string): string {
  if (workingDir === "") return own;
  if (workingDir.startsWith("/")) return workingDir;
  const message = `the working directory '${workingDir}' is invalid, it needs to be an absolute path`;
  throw new EngineError("invalid", message);
}

function asPrivileged(record: Exec["container"]["record"]): Exec["container"]["record"] {
  const host = { ...record.config.host, privileged: true };
  return { ...record, config: { ...record.config, host } };
}

function planStdio({ tty, attach }: ExecConfig, { consoleSize }: ExecStart): Stdio {
  const terminal = consoleSize ?? { rows: 0, columns: 0 };
  return { ...(tty ? { terminal } : {}), stdin: attach.stdin, stdinOnce: true };
}
