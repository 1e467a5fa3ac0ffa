import { attribute, be32Attribute, nested, textAttribute } from "./netlink-message.ts";

// The parts of an nftables rule. A rule is a list of them, done in turn: a load puts something into
// registers, a comparison that fails ends the rule. See nftables-nat.ts for those that translate.
// Registers are sixteen words of 32 bits. What is loaded goes to the first word, or from the given
// one on, so that several things side by side make one key of a set.

const EXPRESSION = { NAME: 1, DATA: 2 } as const;
const DATA = { VALUE: 1, VERDICT: 2 } as const;
const VERDICT = { CODE: 1, CHAIN: 2 } as const;
const LIST_ELEMENT = 1;
const REGISTER_VERDICT = 0;
const WORDS_OF_OLD_REGISTER = 4;
const FIRST_WORD = 8;
const INTERFACE_NAME_BYTES = 16;

const META_KEY = { mark: 3, iifname: 6, oifname: 7, nfproto: 15, l4proto: 16 } as const;
const CONNECTION_KEY = { state: 0, status: 2 } as const;
const PAYLOAD_BASE = { link: 0, network: 1, transport: 2 } as const;
const COMPARISON = { equal: 0, unequal: 1 } as const;
const VERDICT_CODE = { drop: 0, accept: 1, jump: -3, goto: -4, return: -5 } as const;

const FIB_RESULT_ADDRESS_TYPE = 3;
const FIB_DESTINATION = 2;

/** Bits of the connection tracker's state, as the register holds them. */
export const CONNECTION_STATE = { INVALID: 1, ESTABLISHED: 2, RELATED: 4, NEW: 8 } as const;

/** Bits of the connection tracker's status. */
export const CONNECTION_STATUS = { DESTINATION_TRANSLATED: 0x20 } as const;

/** A type of address as fib has it: one of this host's own. RTN_LOCAL, rtnetlink(7) */
export const ADDRESS_TYPE_LOCAL = Uint8Array.of(2, 0, 0, 0);

/** One encoded part of a rule. */
export type Expression = Uint8Array;

/** What becomes of a packet. */
export type Verdict =
  | { readonly kind: "accept" | "drop" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };

/** A part of the packet. */
export interface PacketPart {
  readonly base: keyof typeof PAYLOAD_BASE;
  readonly offset: number;
  readonly lengthBytes: number;
}

/** Loads something about the packet, such as the name of the interface that it leaves by. */
export function loadMeta(key: keyof typeof META_KEY, word = 0): Expression {
  return expression("meta", be32Attribute(2, META_KEY[key]), be32Attribute(1, register(word)));
}

/** Loads what kind of address the packet goes to, by the routing tables. */
export function loadDestinationType(): Expression {
  return expression(
    "fib",
    be32Attribute(1, register(0)),
    be32Attribute(2, FIB_RESULT_ADDRESS_TYPE),
    be32Attribute(3, FIB_DESTINATION),
  );
}

/** Loads what the connection tracker knows. */
export function loadConnection(key: keyof typeof CONNECTION_KEY): Expression {
  return expression("ct", be32Attribute(2, CONNECTION_KEY[key]), be32Attribute(1, register(0)));
}

/** Loads bytes of the packet, counted from the start of one of its headers. */
export function loadPayload(part: PacketPart, word = 0): Expression {
  return expression(
    "payload",
    be32Attribute(1, register(word)),
    be32Attribute(2, PAYLOAD_BASE[part.base]),
    be32Attribute(3, part.offset),
    be32Attribute(4, part.lengthBytes),
  );
}

/** Keeps only the bits of the register that the mask has. */
export function maskBits(mask: Uint8Array): Expression {
  return expression(
    "bitwise",
    be32Attribute(1, register(0)),
    be32Attribute(2, register(0)),
    be32Attribute(3, mask.length),
    value(4, mask),
    value(5, new Uint8Array(mask.length)),
  );
}

/** Ends the rule unless the register compares so. */
export function compare(operator: keyof typeof COMPARISON, wanted: Uint8Array): Expression {
  const comparison = be32Attribute(2, COMPARISON[operator]);
  return expression("cmp", be32Attribute(1, register(0)), comparison, value(3, wanted));
}

/** Ends the rule unless the register is in the set. */
export function lookup(set: string): Expression {
  return expression("lookup", textAttribute(1, set), be32Attribute(2, register(0)));
}

/** Does with the packet what a map of verdicts says for the register; ends the rule if it says nothing. */
export function lookupVerdict(map: string): Expression {
  return expression(
    "lookup",
    textAttribute(1, map),
    be32Attribute(2, register(0)),
    be32Attribute(3, REGISTER_VERDICT),
  );
}

/** Puts in place of the registers what a map says for them; ends the rule if it says nothing. */
export function lookupValue(map: string): Expression {
  return expression(
    "lookup",
    textAttribute(1, map),
    be32Attribute(2, register(0)),
    be32Attribute(3, register(0)),
  );
}

/** Decides on the packet. */
export function decide(verdict: Verdict): Expression {
  return expression("immediate", be32Attribute(1, REGISTER_VERDICT), encodeVerdict(2, verdict));
}

/** Counts the packets and bytes that came this far. */
export function count(): Expression {
  return expression("counter");
}

/** An interface's name as the register holds it. */
export function interfaceName(name: string): Uint8Array {
  const bytes = new Uint8Array(INTERFACE_NAME_BYTES);
  bytes.set(Buffer.from(name).subarray(0, INTERFACE_NAME_BYTES - 1));
  return bytes;
}

/** A constant, as rules and the elements of sets hold it. */
export function value(type: number, bytes: Uint8Array): Uint8Array {
  return nested(type, attribute(DATA.VALUE, bytes));
}

/** A verdict, as rules and the elements of maps hold it. */
export function encodeVerdict(type: number, verdict: Verdict): Uint8Array {
  const chain = "chain" in verdict ? [textAttribute(VERDICT.CHAIN, verdict.chain)] : [];
  const code = be32Attribute(VERDICT.CODE, VERDICT_CODE[verdict.kind]);
  return nested(type, nested(DATA.VERDICT, code, ...chain));
}

/** Where a word is. nft(8) shows only rules that number the words as it does itself. */
export function register(word: number): number {
  const isOldRegister = word % WORDS_OF_OLD_REGISTER === 0;
  return isOldRegister ? 1 + word / WORDS_OF_OLD_REGISTER : FIRST_WORD + word;
}

/** Encodes a part of a rule by the kernel's name of it. */
export function expression(name: string, ...attributes: readonly Uint8Array[]): Expression {
  return nested(
    LIST_ELEMENT,
    textAttribute(EXPRESSION.NAME, name),
    nested(EXPRESSION.DATA, ...attributes),
  );
}
