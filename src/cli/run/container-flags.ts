import type { FlagValues } from "../flags/flag.ts";
import { LIMIT_FLAGS } from "./flags-limits.ts";
import { NETWORK_FLAGS } from "./flags-network.ts";
import { PROCESS_FLAGS } from "./flags-process.ts";
import { STORAGE_FLAGS } from "./flags-storage.ts";

/** The options that run, create and explain share. */
export const CONTAINER_FLAGS = {
  ...PROCESS_FLAGS,
  ...LIMIT_FLAGS,
  ...NETWORK_FLAGS,
  ...STORAGE_FLAGS,
} as const;

export type ContainerFlags = FlagValues<typeof CONTAINER_FLAGS>;
