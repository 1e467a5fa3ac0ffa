import {
  be32Attribute,
  type NetlinkRequest,
  NLM_F,
  nested,
  textAttribute,
} from "./netlink-message.ts";
import { encodeVerdict, type Verdict, value } from "./nftables-expression.ts";
import { change, NFT_MSG } from "./nftables-message.ts";
import type { SetName } from "./nftables-set.ts";

// Builders of nfnetlink requests about what is in sets and maps.

const ELEMENTS = { TABLE: 1, SET: 2, LIST: 3 } as const;
const ELEMENT = { KEY: 1, DATA: 2, FLAGS: 3 } as const;
const LIST_ELEMENT = 1;
const FLAG_INTERVAL_END = 1;
/** An attribute's length has 16 bits, and an element takes at most 200 bytes. */
const ELEMENTS_OF_REQUEST = 300;

export interface Element {
  readonly key: Uint8Array;
  /** The first key behind the range; undefined for one that goes up to the last key. */
  readonly end?: Uint8Array | undefined;
  /** Only in a map. */
  readonly leadsTo?: Uint8Array | Verdict;
}

/** Takes all elements out of a set. */
export function flushSet(set: SetName): NetlinkRequest {
  return change(`flush set ${set.name}`, {
    type: NFT_MSG.DELSETELEM,
    table: set.table,
    flags: 0,
    attributes: nameAttributes(set),
  });
}

/** Adds elements, in as many requests as it takes; those that are there already are no error. */
export function newElements(set: SetName, elements: readonly Element[]): readonly NetlinkRequest[] {
  return inParts(elements).map((part) =>
    change(`add to set ${set.name}`, {
      type: NFT_MSG.NEWSETELEM,
      table: set.table,
      flags: NLM_F.CREATE,
      attributes: elementAttributes(set, part),
    }),
  );
}

/** Takes elements away; one that is not there refuses the batch. */
export function deleteElements(
  set: SetName,
  elements: readonly Element[],
): readonly NetlinkRequest[] {
  return inParts(elements).map((part) =>
    change(`delete from set ${set.name}`, {
      type: NFT_MSG.DELSETELEM,
      table: set.table,
      flags: 0,
      attributes: elementAttributes(set, part),
    }),
  );
}

/** Asks for one element; not for a batch. */
export function getElement(set: SetName, element: Element): NetlinkRequest {
  return change(`get from set ${set.name}`, {
    type: NFT_MSG.GETSETELEM,
    table: set.table,
    flags: 0,
    attributes: elementAttributes(set, [{ key: element.key }]),
  });
}

function inParts(elements: readonly Element[]): readonly (readonly Element[])[] {
  const parts = Math.ceil(elements.length / ELEMENTS_OF_REQUEST);
  return Array.from({ length: parts }, (_, index) =>
    elements.slice(index * ELEMENTS_OF_REQUEST, (index + 1) * ELEMENTS_OF_REQUEST),
  );
}

function nameAttributes({ table, name }: SetName): readonly Uint8Array[] {
  return [textAttribute(ELEMENTS.TABLE, table.name), textAttribute(ELEMENTS.SET, name)];
}

function elementAttributes(set: SetName, elements: readonly Element[]): readonly Uint8Array[] {
  const list = elements.flatMap(({ key, end, leadsTo }) => [
    nested(
      LIST_ELEMENT,
      value(ELEMENT.KEY, key),
      ...(leadsTo === undefined ? [] : [encodeTarget(leadsTo)]),
    ),
    ...(end === undefined ? [] : [encodeEnd(end)]),
  ]);
  return [...nameAttributes(set), nested(ELEMENTS.LIST, ...list)];
}

function encodeEnd(end: Uint8Array): Uint8Array {
  const flags = be32Attribute(ELEMENT.FLAGS, FLAG_INTERVAL_END);
  return nested(LIST_ELEMENT, value(ELEMENT.KEY, end), flags);
}

function encodeTarget(target: Uint8Array | Verdict): Uint8Array {
  return target instanceof Uint8Array
    ? value(ELEMENT.DATA, target)
    : encodeVerdict(ELEMENT.DATA, target);
}
