/** Reads all MessagePack values of some bytes: what fluentd's clients send. */
export function decodeMessagePack(bytes: Buffer): readonly unknown[] {
  const values: unknown[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, end } = decode(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

interface Decoded {
  readonly value: unknown;
  readonly end: number;
}

function decode(bytes: Buffer, at: number): Decoded {
  const code = bytes.readUInt8(at);
  const next = at + 1;
  if (code < 0x80) return { value: code, end: next };
  if (code < 0x90) return decodeMap(bytes, next, code & 15);
  if (code < 0xa0) return decodeList(bytes, next, code & 15);
  if (code < 0xc0) return decodeText(bytes, next, code & 31);
  switch (code) {
    case 0xcf:
      return { value: Number(bytes.readBigUInt64BE(next)), end: next + 8 };
    case 0xd7:
      return { value: { ext: bytes.subarray(next, next + 9) }, end: next + 9 };
    case 0xdb:
      return decodeText(bytes, next + 4, bytes.readUInt32BE(next));
    case 0xdc:
      return decodeList(bytes, next + 2, bytes.readUInt16BE(next));
    case 0xde:
      return decodeMap(bytes, next + 2, bytes.readUInt16BE(next));
    default:
      throw new Error(`No such type is expected: ${code}`);
  }
}

function decodeText(bytes: Buffer, at: number, length: number): Decoded {
  return { value: bytes.toString("utf8", at, at + length), end: at + length };
}

function decodeList(bytes: Buffer, start: number, count: number): Decoded {
  const list: unknown[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const { value, end } = decode(bytes, at);
    list.push(value);
    at = end;
  }
  return { value: list, end: at };
}

function decodeMap(bytes: Buffer, start: number, count: number): Decoded {
  const { value, end } = decodeList(bytes, start, count * 2);
  const flat = value as unknown[];
  const pairs = Array.from({ length: count }, (_, i) => [String(flat[2 * i]), flat[2 * i + 1]]);
  return { value: Object.fromEntries(pairs), end };
}
