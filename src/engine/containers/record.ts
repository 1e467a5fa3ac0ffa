import { NEVER } from "../../base/time.ts";
import type { ContainerRow } from "../../store/containers.ts";
import type { NetworkView } from "../facade.ts";
import type { ContainerConfig, ContainerState } from "../model.ts";
import type { ContainerMount } from "../spec/container-mounts.ts";
import type { Effective } from "../spec/effective.ts";
import type { UserNamespace } from "../spec/namespaces.ts";

/** What is stored of a container: all that is needed to show it, and to start it again. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly createdAt: string;
  /** As asked, but with ids in place of the names of other containers. */
  readonly config: ContainerConfig;
  readonly effective: Effective;
  readonly mounts: readonly ContainerMount[];
  readonly userNamespace: UserNamespace;
  readonly endpoint: Endpoint;
  readonly state: ContainerState;
  readonly restartCount: number;
}

/** Where a container is in a network; all empty while it does not run, or has none. */
export type Endpoint = Omit<NetworkView, "mode" | "networkId" | "namespacePath">;

export const NO_ENDPOINT: Endpoint = {
  endpointId: "",
  address: "",
  prefixLength: 0,
  gateway: "",
  macAddress: "",
};

/** The state of a container that was never started. */
export const CREATED: ContainerState = {
  status: "created",
  pid: 0,
  exitCode: 0,
  oomKilled: false,
  error: "",
  startedAt: NEVER,
  finishedAt: NEVER,
};

/** The table's form of a record. */
export function toRow(record: ContainerRecord): ContainerRow {
  const { id, name, imageId, createdAt, state, ...document } = record;
  const stored = JSON.stringify({ ...document, state });
  return { id, name, imageId, createdAt, status: state.status, document: stored };
}

/** Reads what toRow() wrote. */
export function fromRow(row: ContainerRow): ContainerRecord {
  const { id, name, imageId, createdAt, document } = row;
  return { ...JSON.parse(document), id, name, imageId, createdAt };
}
