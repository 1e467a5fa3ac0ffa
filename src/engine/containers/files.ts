import { chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatHostname } from "../../network/host-files.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { linkLines } from "./links.ts";
import { hostsText, resolverText } from "./name-files.ts";
import type { ContainerRecord } from "./record.ts";

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
  record: ContainerRecord,
): Readonly<Record<string, string>> {
  const { host } = record.config;
  if (record.config.networkDisabled) return {};
  const source =
    host.network.kind === "container"
      ? filesOf(context, context.containers.get(host.network.container).id)
      : writeOwn(context, record);
  return {
    "/etc/resolv.conf": source.resolvConf,
    "/etc/hostname": source.hostname,
    "/etc/hosts": source.hosts,
  };
}

// Synchronous: three small files in the page cache take less than handing them to a thread.
function writeOwn(context: Context, record: ContainerRecord): ContainerFiles {
  const files = filesOf(context, record.id);
  write(files.hostname, formatHostname(record.effective.hostname), record);
  writeHosts(context, record);
  writeResolver(context, record);
  return files;
}

/** Writes the files anew that say where a running container is in the network: they are bound, and so stay the same files. */
export function rewriteNameFiles(context: Context, { record }: Container): void {
  writeHosts(context, record);
  writeResolver(context, record);
}

function writeHosts(context: Context, record: ContainerRecord): void {
  const text = hostsText(record, {
    gateway: context.hostGateway,
    links: linkLines(context, record),
  });
  write(filesOf(context, record.id).hosts, text, record);
}

function writeResolver(context: Context, record: ContainerRecord): void {
  const own = context.networks.names.resolverText(record);
  write(filesOf(context, record.id).resolvConf, own ?? resolverText(record.config.host), record);
}

/** The file is the container's root's own, so that it needs no id mapping, which not every disk takes. */
function write(path: string, text: string, { userNamespace }: ContainerRecord): void {
  const owner = userNamespace === "host" ? 0 : userNamespace.hostId;
  writeFileSync(path, text);
  chownSync(path, owner, owner);
}
