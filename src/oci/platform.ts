import { EngineError } from "../base/errors.ts";
import { type Fields, textOf } from "./json-fields.ts";

/** What a program is made for, in the words of OCI, such as linux/arm64/v8. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "amd64",
  x86_64: "amd64",
  aarch64: "arm64",
  ia32: "386",
};

/** The platform of this machine. */
export function hostPlatform(): Platform {
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  return { os: "linux", architecture, variant: architecture === "arm64" ? "v8" : "" };
}

/** Reads `os/architecture[/variant]`, or an architecture alone. */
export function parsePlatform(text: string): Platform {
  const [first = "", second, variant = "", ...more] = text.toLowerCase().split("/");
  const [os, architecture] = second === undefined ? ["linux", first] : [first, second];
  const isWhole = /^[a-z0-9_]+$/.test(os) && /^[a-z0-9_]+$/.test(architecture);
  if (!isWhole || more.length > 0) {
    throw new EngineError("invalid", `"${text}" is an invalid OS/architecture`);
  }
  return { os, architecture: ARCHITECTURES[architecture] ?? architecture, variant };
}

export function platformFrom(fields: Fields): Platform {
  return {
    os: textOf(fields, "os"),
    architecture: textOf(fields, "architecture"),
    variant: textOf(fields, "variant"),
  };
}

/** As parsePlatform() reads it. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== "").join("/");
}

/** Whether programs for `offered` run where `wanted` is asked for; no variant is any. */
export function fitsPlatform(offered: Platform, wanted: Platform): boolean {
  return (
    offered.os === wanted.os &&
    offered.architecture === wanted.architecture &&
    (offered.variant === "" || wanted.variant === "" || offered.variant === wanted.variant)
  );
}

/** How well programs for `offered` do where `wanted` is asked for: 0 is not at all. */
function rankOf(offered: Platform | undefined, wanted: Platform): number {
  // A descriptor that says no platform is taken where none says ours.
  if (offered === undefined) return 1;
  if (!fitsPlatform(offered, wanted)) return 0;
  return offered.variant === wanted.variant ? 3 : 2;
}

/** The best of these for a platform; undefined where none fits. */
export function chooseForPlatform<Item extends { readonly platform?: Platform }>(
  items: readonly Item[],
  wanted: Platform,
): Item | undefined {
  const ranked = items
    .map((item) => ({ item, rank: rankOf(item.platform, wanted) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank);
  return ranked[0]?.item;
}
