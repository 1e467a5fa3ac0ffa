import {
  attribute,
  be32Attribute,
  encodeMessage,
  type NetlinkRequest,
  NLM_F,
  nested,
  textAttribute,
} from "./netlink-message.ts";
import type { Expression } from "./nftables-expression.ts";

// Builders of nfnetlink requests about tables, chains and rules; see nftables-set.ts for sets and
// nftables.ts for sending. `new*` is the kernel's word: what is there already is left as it is.

/** Message types of the nftables subsystem. */
export const NFT_MSG = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  NEWCHAIN: 3,
  GETCHAIN: 4,
  DELCHAIN: 5,
  NEWRULE: 6,
  GETRULE: 7,
  DELRULE: 8,
  NEWSET: 9,
  DELSET: 11,
  NEWSETELEM: 12,
  GETSETELEM: 13,
  DELSETELEM: 14,
  GETGEN: 16,
} as const;

/** Attributes of a rule that are read, too. */
export const NFTA_RULE = { TABLE: 1, CHAIN: 2, HANDLE: 3, EXPRESSIONS: 4, USERDATA: 7 } as const;

const SUBSYSTEM = 10;
const FAMILY = { inet: 1, ip: 2, bridge: 7, ip6: 10 } as const;
const HOOK = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const POLICY = { drop: 0, accept: 1 } as const;
const USERDATA_COMMENT = 0;
const MAX_COMMENT_BYTES = 128;

/** A table; each family has its own name space. */
export interface Table {
  readonly family: keyof typeof FAMILY;
  readonly name: string;
}

export interface Chain {
  readonly table: Table;
  readonly name: string;
}

/** A chain that the kernel calls at a hook, in the order of the priorities. */
export interface BaseChain extends Chain {
  readonly type: "filter" | "nat" | "route";
  readonly hook: keyof typeof HOOK;
  readonly priority: number;
  readonly policy: keyof typeof POLICY;
}

export interface Rule {
  readonly chain: Chain;
  readonly expressions: readonly Expression[];
  /** At most 127 bytes; nft(8) shows it. */
  readonly comment?: string;
}

/** Makes a table. */
export function newTable(table: Table): NetlinkRequest {
  return change(`create table ${table.name}`, {
    type: NFT_MSG.NEWTABLE,
    table,
    flags: NLM_F.CREATE,
    attributes: [textAttribute(1, table.name)],
  });
}

/** Takes a table away with all that is in it. */
export function deleteTable(table: Table): NetlinkRequest {
  return change(`delete table ${table.name}`, {
    type: NFT_MSG.DELTABLE,
    table,
    flags: 0,
    attributes: [textAttribute(1, table.name)],
  });
}

/** Asks whether there is such a table; not for a batch. */
export function getTable(table: Table): NetlinkRequest {
  return change(`get table ${table.name}`, {
    type: NFT_MSG.GETTABLE,
    table,
    flags: 0,
    attributes: [textAttribute(1, table.name)],
  });
}

/** Makes a chain that only rules reach. */
export function newChain(chain: Chain): NetlinkRequest {
  return change(`create chain ${chain.name}`, {
    type: NFT_MSG.NEWCHAIN,
    table: chain.table,
    flags: NLM_F.CREATE,
    attributes: chainAttributes(chain),
  });
}

/** Makes a chain that packets enter at a hook. */
export function newBaseChain(chain: BaseChain): NetlinkRequest {
  const hook = nested(4, be32Attribute(1, HOOK[chain.hook]), be32Attribute(2, chain.priority));
  return change(`create chain ${chain.name}`, {
    type: NFT_MSG.NEWCHAIN,
    table: chain.table,
    flags: NLM_F.CREATE,
    attributes: [
      ...chainAttributes(chain),
      hook,
      be32Attribute(5, POLICY[chain.policy]),
      textAttribute(7, chain.type),
    ],
  });
}

/** Takes an empty chain away. */
export function deleteChain(chain: Chain): NetlinkRequest {
  return change(`delete chain ${chain.name}`, {
    type: NFT_MSG.DELCHAIN,
    table: chain.table,
    flags: 0,
    attributes: chainAttributes(chain),
  });
}

/** Asks whether there is such a chain; not for a batch. */
export function getChain(chain: Chain): NetlinkRequest {
  return change(`get chain ${chain.name}`, {
    type: NFT_MSG.GETCHAIN,
    table: chain.table,
    flags: 0,
    attributes: chainAttributes(chain),
  });
}

/** Adds a rule at the end of its chain. */
export function newRule(rule: Rule): NetlinkRequest {
  return addRule(rule, NLM_F.APPEND);
}

/** Adds a rule at the beginning of its chain. */
export function insertRule(rule: Rule): NetlinkRequest {
  return addRule(rule, 0);
}

/** Takes one rule out of its chain. */
export function deleteRule({ table, name }: Chain, handle: bigint): NetlinkRequest {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, handle);
  return change(`delete rule of ${name}`, {
    type: NFT_MSG.DELRULE,
    table,
    flags: 0,
    attributes: [
      textAttribute(NFTA_RULE.TABLE, table.name),
      textAttribute(NFTA_RULE.CHAIN, name),
      attribute(NFTA_RULE.HANDLE, number),
    ],
  });
}

function addRule({ chain, expressions, comment }: Rule, place: number): NetlinkRequest {
  return change(`add rule to ${chain.name}`, {
    type: NFT_MSG.NEWRULE,
    table: chain.table,
    flags: NLM_F.CREATE | place,
    attributes: [
      textAttribute(NFTA_RULE.TABLE, chain.table.name),
      textAttribute(NFTA_RULE.CHAIN, chain.name),
      nested(NFTA_RULE.EXPRESSIONS, ...expressions),
      ...(comment === undefined ? [] : [attribute(NFTA_RULE.USERDATA, encodeComment(comment))]),
    ],
  });
}

/** Takes all rules out of a chain. */
export function flushChain({ table, name }: Chain): NetlinkRequest {
  return change(`flush chain ${name}`, {
    type: NFT_MSG.DELRULE,
    table,
    flags: 0,
    attributes: [textAttribute(NFTA_RULE.TABLE, table.name), textAttribute(NFTA_RULE.CHAIN, name)],
  });
}

/** Takes all rules out of all chains of a table. */
export function flushTable(table: Table): NetlinkRequest {
  return change(`flush table ${table.name}`, {
    type: NFT_MSG.DELRULE,
    table,
    flags: 0,
    attributes: [textAttribute(NFTA_RULE.TABLE, table.name)],
  });
}

/** Asks for all rules of a table; not for a batch. */
export function dumpRules(table: Table): NetlinkRequest {
  const message = encodeMessage({
    type: messageType(NFT_MSG.GETRULE),
    flags: NLM_F.DUMP,
    header: encodeHeader(FAMILY[table.family], 0),
    attributes: [textAttribute(NFTA_RULE.TABLE, table.name)],
  });
  return { what: `list rules of table ${table.name}`, message };
}

/** Asks for the number of the last change that anybody made to the rule set; not for a batch. */
export function getGeneration(): NetlinkRequest {
  const message = encodeMessage({
    type: messageType(NFT_MSG.GETGEN),
    flags: NLM_F.ACK,
    header: encodeHeader(0, 0),
  });
  return { what: "get generation", message };
}

/** A request about something in a table. */
export interface Change {
  readonly type: number;
  readonly table: Table;
  readonly flags: number;
  readonly attributes: readonly Uint8Array[];
}

/** Builds a request of the nftables subsystem. */
export function change(what: string, { type, table, flags, attributes }: Change): NetlinkRequest {
  const message = encodeMessage({
    type: messageType(type),
    flags: flags | NLM_F.ACK,
    header: encodeHeader(FAMILY[table.family], 0),
    attributes,
  });
  return { what, message };
}

/** The messages around a batch: the kernel does all of it or nothing. They are not acknowledged. */
export function encodeBatch(requests: readonly NetlinkRequest[]): readonly NetlinkRequest[] {
  const mark = (type: number) =>
    encodeMessage({ type, flags: 0, header: encodeHeader(0, SUBSYSTEM) });
  return [
    { what: "begin batch", message: mark(0x10) },
    ...requests,
    { what: "end batch", message: mark(0x11) },
  ];
}

/** `struct nfgenmsg`: family, version, resource in network byte order. */
function encodeHeader(family: number, resource: number): Uint8Array {
  return Uint8Array.of(family, 0, resource >> 8, resource & 0xff);
}

function messageType(type: number): number {
  return (SUBSYSTEM << 8) | type;
}

function chainAttributes({ table, name }: Chain): readonly Uint8Array[] {
  return [textAttribute(1, table.name), textAttribute(3, name)];
}

/** Type, length, text: the form that nft(8) keeps its comments in. */
function encodeComment(text: string): Uint8Array {
  const bytes = Buffer.from(`${text}\0`).subarray(0, MAX_COMMENT_BYTES);
  return Buffer.concat([Uint8Array.of(USERDATA_COMMENT, bytes.length), bytes]);
}
