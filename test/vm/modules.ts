/**
 * What Sampan and its tests need of the kernel that Debian ships as modules. Each is loaded with
 * what it depends on; one that is built in is passed over.
 */
export const WANTED_MODULES = [
  // Asked for by name at run time, by ext4 and nf_tables, so no module says that it depends on it.
  "crc32c_generic",
  // The machine's disk, which holds the root: before 6.3 a tmpfs cannot be idmapped.
  "virtio_pci",
  "virtio_blk",
  "ext4",
  "overlay",
  // What else a data root may be on; quotas of ext4 are in a module that nothing depends on.
  "xfs",
  "btrfs",
  "quota_v2",
  "fuse",
  "loop",
  "bridge",
  "br_netfilter",
  "veth",
  "dummy",
  "macvlan",
  "tun",
  "nf_tables",
  "nf_conntrack",
  "nf_conntrack_netlink",
  "nft_chain_nat",
  "nft_ct",
  "nft_fib_inet",
  "nft_masq",
  "nft_nat",
  "nft_redir",
  "nft_reject_inet",
  "nft_compat",
  "xt_MASQUERADE",
  "sctp",
] as const;

/** Reads what a module depends on out of the file itself, where `depends=a,b` stands as text. */
export function parseDependencies(module: Uint8Array): readonly string[] {
  const text = Buffer.from(module.buffer, module.byteOffset, module.byteLength).toString("latin1");
  const list = /(?:^|\0)depends=([^\0]*)\0/.exec(text)?.[1] ?? "";
  return list.split(",").filter((name) => name !== "");
}

/**
 * All that must be loaded for the wanted modules, in an order in which each finds those it depends
 * on. Names are compared as the kernel does, which takes `-` and `_` for the same.
 */
export async function orderModules(
  wanted: readonly string[],
  dependenciesOf: (name: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const ordered = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    const canonical = canonicalName(name);
    if (ordered.has(canonical)) return;
    for (const dependency of await dependenciesOf(canonical)) await visit(dependency);
    ordered.add(canonical);
  };
  for (const name of wanted) await visit(name);
  return [...ordered];
}

/** A module's name as the kernel has it, from a name or a file name. */
export function canonicalName(name: string): string {
  return name.replace(/\.ko(\.xz|\.zst)?$/, "").replaceAll("-", "_");
}
