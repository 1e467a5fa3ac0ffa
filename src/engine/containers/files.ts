import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatHostname } from "../../network/host-files.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { hostsText, resolverText } from "./name-files.ts";
import type { ContainerRecord, Endpoint } from "./record.ts";

/** The files in a container's directory in the data root, beside its writable layer. */
export interface ContainerFiles {
  readonly directory: string;
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
  readonly log: string;
}

/** Where a container's files are, whether they have been written or not. */
export function filesOf({ store }: Pick<Context, "store">, id: string): ContainerFiles {
  const directory = join(store.dataRoot, "containers", id);
  return {
    directory,
    hostname: join(directory, "hostname"),
    hosts: join(directory, "hosts"),
    resolvConf: join(directory, "resolv.conf"),
    log: join(directory, `${id}-json.log`),
  };
}

/**
 * Writes the files that are bound over the image's own, and says where they go. Who shares a network
 * shares the files that describe it.
 */
export function writeFiles(
  context: Context,
  { record }: Container,
  endpoint: Endpoint,
): Readonly<Record<string, string>> {
  const { host } = record.config;
  if (record.config.networkDisabled) return {};
  const source =
    host.network.kind === "container"
      ? filesOf(context, context.containers.get(host.network.container).id)
      : writeOwn(context, record, endpoint);
  return {
    "/etc/resolv.conf": source.resolvConf,
    "/etc/hostname": source.hostname,
    "/etc/hosts": source.hosts,
  };
}

// Synchronous: three small files in the page cache take less than handing them to a thread.
function writeOwn(context: Context, record: ContainerRecord, endpoint: Endpoint): ContainerFiles {
  const files = filesOf(context, record.id);
  writeFileSync(files.hostname, formatHostname(record.effective.hostname));
  writeFileSync(files.hosts, hostsText(record, endpoint, context.network.gateway));
  writeFileSync(files.resolvConf, resolverText(record.config.host));
  return files;
}
