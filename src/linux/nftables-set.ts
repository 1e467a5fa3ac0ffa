import {
  attribute,
  be32Attribute,
  type NetlinkRequest,
  NLM_F,
  textAttribute,
} from "./netlink-message.ts";
import { change, NFT_MSG, type Table } from "./nftables-message.ts";

// Builders of nfnetlink requests about sets and maps of a table; nftables-element.ts fills them.

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
const FLAG_INTERVAL = 4;
const FLAG_MAP = 8;
const DATA_VERDICT = -256;

// The kernel only passes type and byte order on: they tell nft(8) how to show the values.
const NO_ORDER = 0;
const HOST_ORDER = 1;
const NETWORK_ORDER = 2;
const DATA = {
  family: { type: 2, lengthBytes: 1, order: HOST_ORDER },
  ipv4: { type: 7, lengthBytes: 4, order: NETWORK_ORDER },
  ipv6: { type: 8, lengthBytes: 16, order: NETWORK_ORDER },
  protocol: { type: 12, lengthBytes: 1, order: NETWORK_ORDER },
  port: { type: 13, lengthBytes: 2, order: NETWORK_ORDER },
  interface: { type: 41, lengthBytes: 16, order: HOST_ORDER },
} as const;
const USERDATA_KEY_ORDER = 0;
const USERDATA_DATA_ORDER = 1;
/** nft(8) puts the types of a concatenation into one number, with six bits for each. */
const CONCATENATION_TYPE_FACTOR = 64;
const WORD_BYTES = 4;

/** What a set holds, or what a map leads to; several are side by side in one key. */
export type SetDatum = keyof typeof DATA | readonly (keyof typeof DATA)[];

export interface NamedSet {
  readonly table: Table;
  readonly name: string;
  readonly key: SetDatum;
  /** Makes it a map. */
  readonly leadsTo?: SetDatum | "verdict";
  /** Its elements are ranges, which must not overlap. */
  readonly hasRanges?: boolean;
}

/** A set, as requests about it name it. */
export type SetName = Pick<NamedSet, "table" | "name">;

/** Makes a set or map; one that is there already is left as it is. */
export function newSet({ table, name, key, leadsTo, hasRanges = false }: NamedSet): NetlinkRequest {
  const { type, lengthBytes } = describe(key);
  const flags = (leadsTo === undefined ? 0 : FLAG_MAP) | (hasRanges ? FLAG_INTERVAL : 0);
  return change(`create set ${name}`, {
    type: NFT_MSG.NEWSET,
    table,
    flags: NLM_F.CREATE,
    attributes: [
      textAttribute(SET.TABLE, table.name),
      textAttribute(SET.NAME, name),
      be32Attribute(SET.FLAGS, flags),
      be32Attribute(SET.KEY_TYPE, type),
      be32Attribute(SET.KEY_LENGTH, lengthBytes),
      ...(leadsTo === undefined ? [] : mapAttributes(leadsTo)),
      // Only rules of the same batch that find the set by number use it; here all go by name.
      be32Attribute(SET.ID, 1),
      attribute(SET.USERDATA, encodeOrders(key, leadsTo)),
    ],
  });
}

/** Takes a set away that no rule uses. */
export function deleteSet({ table, name }: SetName): NetlinkRequest {
  return change(`delete set ${name}`, {
    type: NFT_MSG.DELSET,
    table,
    flags: 0,
    attributes: [textAttribute(SET.TABLE, table.name), textAttribute(SET.NAME, name)],
  });
}

/** Puts values side by side as a concatenation has them, each from a word of its own on. */
export function concatenate(...values: readonly Uint8Array[]): Uint8Array {
  const padded = values.map((bytes) => {
    const words = new Uint8Array(wholeWords(bytes.length));
    words.set(bytes);
    return words;
  });
  return Buffer.concat(padded);
}

function describe(datum: SetDatum): { type: number; lengthBytes: number; order: number } {
  if (typeof datum === "string") return DATA[datum];
  const parts = datum.map((name) => DATA[name]);
  return {
    type: parts.reduce((number, { type }) => number * CONCATENATION_TYPE_FACTOR + type, 0),
    lengthBytes: parts.reduce((sum, part) => sum + wholeWords(part.lengthBytes), 0),
    order: NO_ORDER,
  };
}

function wholeWords(lengthBytes: number): number {
  return Math.ceil(lengthBytes / WORD_BYTES) * WORD_BYTES;
}

function encodeOrders(key: SetDatum, leadsTo: SetDatum | "verdict" | undefined): Uint8Array {
  const order = (type: number, datum: SetDatum) => [type, 4, describe(datum).order, 0, 0, 0];
  const isData = leadsTo !== undefined && leadsTo !== "verdict";
  return Uint8Array.from([
    ...order(USERDATA_KEY_ORDER, key),
    ...(isData ? order(USERDATA_DATA_ORDER, leadsTo) : []),
  ]);
}

function mapAttributes(leadsTo: SetDatum | "verdict"): readonly Uint8Array[] {
  if (leadsTo === "verdict") return [be32Attribute(SET.DATA_TYPE, DATA_VERDICT)];
  const { type, lengthBytes } = describe(leadsTo);
  return [be32Attribute(SET.DATA_TYPE, type), be32Attribute(SET.DATA_LENGTH, lengthBytes)];
}
