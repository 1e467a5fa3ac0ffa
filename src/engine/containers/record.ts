import { NEVER } from "../../base/time.ts";
import type { LinkAddress } from "../../network/container-link.ts";
import type { ContainerRow } from "../../store/containers.ts";
import type { EndNote } from "../control/end-note.ts";
import type {
  ContainerConfig,
  ContainerState,
  EndpointRequest,
  Health,
  PortRequest,
} from "../model.ts";
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
  /** One for each network that it is on; none where it shares another container's. */
  readonly endpoints: readonly EndpointRecord[];
  /** Those that it has, or had when it ran the last time, to have them again. */
  readonly chosenPorts: readonly ChosenPort[];
  readonly state: ContainerState;
  /** How often its policy has restarted it since a user started it. */
  readonly restartCount: number;
  /** How it ended the last time, or why it could not be started; absent while it runs. */
  readonly end?: EndNote;
  /** A user has ended it, and not started it since. */
  readonly wasStoppedByUser?: boolean;
  /** As it was when its status last changed. */
  readonly health?: Health;
}

/** The port of the host that was found where a container asked for any one, or for one of several. */
export interface ChosenPort
  extends Pick<PortRequest, "containerPort" | "protocol" | "hostAddress"> {
  readonly hostPort: number;
}

/** A container's place on a network, also while it does not run. */
export interface EndpointRecord {
  /** The network's name, or what the user called it as long as there is none. */
  readonly network: string;
  /** Empty where there was no such network yet. */
  readonly networkId: string;
  readonly request: EndpointRequest;
  readonly live: Endpoint;
}

/** What a container has on a network while it runs; empty otherwise. */
export interface Endpoint {
  /** 64 hex digits, new at each start. */
  readonly endpointId: string;
  /** Which of the container's links it is, from 0. */
  readonly place: number;
  readonly interfaceName: string;
  readonly macAddress: string;
  readonly addresses: readonly LinkAddress[];
  /** What the others on the network find it by. */
  readonly names: readonly string[];
}

export const NO_ENDPOINT: Endpoint = {
  endpointId: "",
  place: 0,
  interfaceName: "",
  macAddress: "",
  addresses: [],
  names: [],
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
