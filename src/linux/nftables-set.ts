import {
  attribute,
  be32Attribute,
  type NetlinkRequest,
  NLM_F,
  nested,
  textAttribute,
} from "./netlink-message.ts";
import { encodeVerdict, type Verdict, value } from "./nftables-expression.ts";
import { change, NFT_MSG, type Table } from "./nftables-message.ts";

// Builders of nfnetlink requests about sets and maps of a table.

const SET = {
  TABLE: 1,
  NAME: 2,
  FLAGS: 3,
  KEY_TYPE: 4,
  KEY_LENGTH: 5,
  DATA_TYPE: 6,
  DATA_LENGTH: 7,
  ID: 10,
  USERDATA: 13,
} as const;
const ELEMENTS = { TABLE: 1, SET: 2, LIST: 3 } as const;
const ELEMENT = { KEY: 1, DATA: 2 } as const;
const LIST_ELEMENT = 1;
const FLAG_MAP = 8;
const DATA_VERDICT = -256;

// The kernel only passes type and byte order on: they tell nft(8) how to show the values.
const HOST_ORDER = 1;
const NETWORK_ORDER = 2;
const DATA = {
  ipv4: { type: 7, lengthBytes: 4, order: NETWORK_ORDER },
  port: { type: 13, lengthBytes: 2, order: NETWORK_ORDER },
  interface: { type: 41, lengthBytes: 16, order: HOST_ORDER },
} as const;
const USERDATA_KEY_ORDER = 0;

/** What a set holds, or what a map leads to. */
export type SetDatum = keyof typeof DATA;

export interface NamedSet {
  readonly table: Table;
  readonly name: string;
  readonly key: SetDatum;
  /** Makes it a map. */
  readonly leadsTo?: SetDatum | "verdict";
}

export interface Element {
  readonly key: Uint8Array;
  /** Only in a map. */
  readonly leadsTo?: Uint8Array | Verdict;
}

/** Makes a set or map; one that is there already is left as it is. */
export function newSet({ table, name, key, leadsTo }: NamedSet): NetlinkRequest {
  return change(`create set ${name}`, {
    type: NFT_MSG.NEWSET,
    table,
    flags: NLM_F.CREATE,
    attributes: [
      textAttribute(SET.TABLE, table.name),
      textAttribute(SET.NAME, name),
      be32Attribute(SET.FLAGS, leadsTo === undefined ? 0 : FLAG_MAP),
      be32Attribute(SET.KEY_TYPE, DATA[key].type),
      be32Attribute(SET.KEY_LENGTH, DATA[key].lengthBytes),
      ...(leadsTo === undefined ? [] : mapAttributes(leadsTo)),
      // Only rules of the same batch that find the set by number use it; here all go by name.
      be32Attribute(SET.ID, 1),
      attribute(SET.USERDATA, Uint8Array.of(USERDATA_KEY_ORDER, 4, DATA[key].order, 0, 0, 0)),
    ],
  });
}

/** Takes a set away that no rule uses. */
export function deleteSet({ table, name }: Pick<NamedSet, "table" | "name">): NetlinkRequest {
  return change(`delete set ${name}`, {
    type: NFT_MSG.DELSET,
    table,
    flags: 0,
    attributes: [textAttribute(SET.TABLE, table.name), textAttribute(SET.NAME, name)],
  });
}

/** Adds elements; those that are there already are no error. */
export function newElements(
  set: Pick<NamedSet, "table" | "name">,
  elements: readonly Element[],
): NetlinkRequest {
  return change(`add to set ${set.name}`, {
    type: NFT_MSG.NEWSETELEM,
    table: set.table,
    flags: NLM_F.CREATE,
    attributes: elementAttributes(set, elements),
  });
}

/** Takes elements away; one that is not there refuses the batch. */
export function deleteElements(
  set: Pick<NamedSet, "table" | "name">,
  elements: readonly Element[],
): NetlinkRequest {
  return change(`delete from set ${set.name}`, {
    type: NFT_MSG.DELSETELEM,
    table: set.table,
    flags: 0,
    attributes: elementAttributes(set, elements),
  });
}

function mapAttributes(leadsTo: SetDatum | "verdict"): readonly Uint8Array[] {
  if (leadsTo === "verdict") return [be32Attribute(SET.DATA_TYPE, DATA_VERDICT)];
  const { type, lengthBytes } = DATA[leadsTo];
  return [be32Attribute(SET.DATA_TYPE, type), be32Attribute(SET.DATA_LENGTH, lengthBytes)];
}

function elementAttributes(
  { table, name }: Pick<NamedSet, "table" | "name">,
  elements: readonly Element[],
): readonly Uint8Array[] {
  const list = elements.map(({ key, leadsTo }) =>
    nested(
      LIST_ELEMENT,
      value(ELEMENT.KEY, key),
      ...(leadsTo === undefined ? [] : [encodeTarget(leadsTo)]),
    ),
  );
  return [
    textAttribute(ELEMENTS.TABLE, table.name),
    textAttribute(ELEMENTS.SET, name),
    nested(ELEMENTS.LIST, ...list),
  ];
}

function encodeTarget(target: Uint8Array | Verdict): Uint8Array {
  return target instanceof Uint8Array
    ? value(ELEMENT.DATA, target)
    : encodeVerdict(ELEMENT.DATA, target);
}
