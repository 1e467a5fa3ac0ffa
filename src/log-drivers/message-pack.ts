/** What a message to fluentd is made of. */
export type Packable =
  | string
  | number
  | EventTime
  | readonly Packable[]
  | { readonly [name: string]: string };

/** A time with nanoseconds, as fluentd's forward protocol has it. */
export class EventTime {
  readonly timeNs: bigint;

  constructor(timeNs: bigint) {
    this.timeNs = timeNs;
  }
}

/** Encodes as MessagePack. https://github.com/msgpack/msgpack/blob/master/spec.md */
export function encodeMessagePack(value: Packable): Buffer {
  if (typeof value === "string") return encodeText(value);
  if (typeof value === "number") return encodeNumber(value);
  if (value instanceof EventTime) return encodeTime(value);
  if (isList(value)) {
    return Buffer.concat([encodeCount(0x90, value.length), ...value.map(encodeMessagePack)]);
  }
  const fields = Object.entries(value);
  const parts = fields.flatMap(([name, text]) => [encodeText(name), encodeText(text)]);
  return Buffer.concat([encodeCount(0x80, fields.length), ...parts]);
}

function isList(value: Packable): value is readonly Packable[] {
  return Array.isArray(value);
}

/** A list (0x90, 0xdc) or a map (0x80, 0xde). */
function encodeCount(short: 0x80 | 0x90, count: number): Buffer {
  if (count < 16) return Buffer.of(short | count);
  return Buffer.of(short === 0x90 ? 0xdc : 0xde, count >> 8, count & 0xff);
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const { length } = bytes;
  const head = Buffer.of(
    0xdb,
    length >>> 24,
    (length >> 16) & 0xff,
    (length >> 8) & 0xff,
    length & 0xff,
  );
  return Buffer.concat([length < 32 ? Buffer.of(0xa0 | length) : head, bytes]);
}

/** A positive integer. */
function encodeNumber(value: number): Buffer {
  if (value < 0x80) return Buffer.of(value);
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xcf;
  bytes.writeBigUInt64BE(BigInt(value), 1);
  return bytes;
}

/** Extension type 0: seconds and nanoseconds. */
function encodeTime({ timeNs }: EventTime): Buffer {
  const bytes = Buffer.from([0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt32BE(Number(timeNs / 1_000_000_000n), 2);
  bytes.writeUInt32BE(Number(timeNs % 1_000_000_000n), 6);
  return bytes;
}
