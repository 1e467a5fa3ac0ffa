import { EngineError } from "../../base/errors.ts";
import type { ParentSettings } from "../../network/parent-network.ts";

// The options of networks with the drivers `macvlan` and `ipvlan`, by the names that Docker gives them.

/** The kernel's numbers. linux/if_link.h */
const MODES: Readonly<Record<ParentSettings["kind"], Readonly<Record<string, number>>>> = {
  macvlan: { private: 1, vepa: 2, bridge: 4, passthru: 8 },
  ipvlan: { l2: 0, l3: 1, l3s: 2 },
};
const DEFAULT_MODE = { macvlan: "bridge", ipvlan: "l2" } as const;

/** Reads the options; the name of the parent is the host's to give. */
export function parseParentOptions(
  kind: ParentSettings["kind"],
  options: Readonly<Record<string, string>>,
): Pick<ParentSettings, "kind" | "parent" | "mode"> {
  const known = new Set(["parent", `${kind}_mode`, "com.docker.network.driver.mtu"]);
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new EngineError("invalid", `the driver "${kind}" has no option "${unknown}"`);
  }
  const parent = options["parent"] ?? "";
  if (parent === "") {
    throw new EngineError(
      "invalid",
      `the driver "${kind}" needs a link of the host: give one with -o parent=NAME`,
    );
  }
  const mode = options[`${kind}_mode`] ?? DEFAULT_MODE[kind];
  const number = Object.hasOwn(MODES[kind], mode) ? MODES[kind][mode] : undefined;
  if (number !== undefined) return { kind, parent, mode: number };
  const modes = Object.keys(MODES[kind]).join(", ");
  throw new EngineError("invalid", `unknown ${kind} mode "${mode}": want one of ${modes}`);
}
