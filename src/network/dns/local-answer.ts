import { findIpAddress } from "../../base/ip-address.ts";
import { type AnswerRecord, encodeName } from "./answer.ts";
import type { NameZone } from "./name-zone.ts";
import { CLASS_INTERNET, type Query, TYPE } from "./query.ts";
import { findReversedAddress } from "./reverse-name.ts";

/**
 * The records of what the zone knows. A name that it knows has none of other types, and is asked of
 * nobody else: a container without IPv6 must not get another one's address of the same name.
 */
export function findRecords(
  zone: NameZone,
  { name, type, recordClass }: Query,
): readonly AnswerRecord[] | undefined {
  if (recordClass !== CLASS_INTERNET) return undefined;
  const addresses = zone.lookup(name);
  if (addresses === undefined) return type === TYPE.PTR ? findPointer(zone, name) : undefined;
  if (type === TYPE.A) return addressRecords(type, addresses.ipv4);
  return type === TYPE.AAAA ? addressRecords(type, addresses.ipv6) : [];
}

function addressRecords(type: number, addresses: readonly string[]): readonly AnswerRecord[] {
  // An address that is none would be the zone's fault, and is left out.
  const records = addresses.flatMap((address) => {
    const data = findIpAddress(address);
    return data === undefined ? [] : [{ type, data }];
  });
  return records.length > 1 ? shuffle(records) : records;
}

/** Clients take the first: so each has its turn. */
function shuffle<Value>(values: readonly Value[]): readonly Value[] {
  const order = values.map((value) => ({ value, place: Math.random() }));
  return order.sort((one, other) => one.place - other.place).map(({ value }) => value);
}

function findPointer(zone: NameZone, name: string): readonly AnswerRecord[] | undefined {
  const address = findReversedAddress(name);
  const target = address === undefined ? undefined : zone.reverse(address);
  const data = target === undefined ? undefined : encodeName(target);
  return data === undefined ? undefined : [{ type: TYPE.PTR, data }];
}
