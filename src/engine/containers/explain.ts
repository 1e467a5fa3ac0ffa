import { mkdirSync } from "node:fs";
import type { ExplainedPlan } from "../../base/explained-plan.ts";
import { Staging } from "../../store/staging.ts";
import type { CreateRequest } from "../facade.ts";
import type { UserFiles } from "../spec/user.ts";
import { planCreate } from "./create.ts";
import { joinDonors } from "./donors.ts";
import { filesOf } from "./files.ts";
import type { ContainerRecord } from "./record.ts";
import type { StartContext } from "./start.ts";
import { planStart } from "./start-request.ts";

/** The plan that create and start would carry out. Nothing is made, reserved or stored. */
export async function explainCreate(
  context: StartContext,
  request: CreateRequest,
): Promise<ExplainedPlan> {
  const { record: planned, ids, image, warnings } = planCreate(context, request);
  const range = ids === undefined ? undefined : context.store.idRanges.propose(ids);
  const record: ContainerRecord =
    range === undefined
      ? planned
      : { ...planned, userNamespace: { hostId: range.first, size: range.count } };
  const files = filesOf(context, record.id);
  const { snapshots } = context.store;
  const root = {
    ...snapshots.directoriesOf(record.id),
    lowers: snapshots.driver === "copy" ? [] : image.lowers,
    volatile: record.config.host.autoRemove,
    ownerHostId: record.userNamespace === "host" ? 0 : record.userNamespace.hostId,
  };
  const plan = context.runtime.explain(
    planStart(context, {
      record,
      root,
      accounts: await readAccounts(context, image.lowers),
      joined: joinDonors(context, record),
      files: {
        "/etc/resolv.conf": files.resolvConf,
        "/etc/hostname": files.hostname,
        "/etc/hosts": files.hosts,
      },
    }),
  );
  return { ...plan, warnings };
}

/** Its writable layer is not made yet, and a root is not read without one: this is gone again at once. */
async function readAccounts(context: StartContext, lowers: readonly string[]): Promise<UserFiles> {
  await using scratch = new Staging(context.store.dataRoot);
  const [upper, work] = [scratch.newPath(), scratch.newPath()];
  mkdirSync(upper);
  mkdirSync(work);
  return await context.accounts.readImage({ lowers, upper, work, volatile: true });
}
