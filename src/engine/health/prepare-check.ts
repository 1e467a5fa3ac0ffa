import type { PreparedCheck, Running } from "../../runtime/model.ts";
import type { Container } from "../containers/container.ts";
import type { StartContext } from "../containers/start.ts";
import { capabilitiesOf, sharedByPrograms } from "../containers/start-request.ts";
import { buildEnv } from "../spec/environment.ts";
import { planProcess } from "../spec/process.ts";
import { resolveUser } from "../spec/user.ts";
import type { Probe } from "./probe.ts";
import { NetworkCheck } from "./run-probe.ts";

/** Makes ready what a container is asked with, as long as this program of it runs. */
export async function prepareCheck(
  context: StartContext,
  container: Container,
  { running, probe }: { readonly running: Running; readonly probe: Probe },
): Promise<PreparedCheck> {
  if (probe.kind !== "exec") return new NetworkCheck(running, probe);
  const { record } = container;
  const { effective, config } = record;
  const accounts = await context.accounts.read(running);
  const user = resolveUser(effective.user, accounts, config.host.groupAdd);
  const base = { hostname: effective.hostname, tty: config.tty, home: user.home };
  const process = planProcess(config.host, {
    args: probe.command,
    env: buildEnv(base, effective.env),
    cwd: effective.workingDir,
    tty: false,
    user,
    capabilities: capabilitiesOf(context, record),
  });
  return context.runtime.prepareCheck(running, {
    process,
    linux: sharedByPrograms(context, record),
  });
}
