import { describe, expect, test } from "bun:test";
import { FrameDecoder } from "./frames.ts";

function frame(type: number, payload: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = type;
  head.writeUInt32BE(Buffer.byteLength(payload), 4);
  return Buffer.concat([head, Buffer.from(payload)]);
}

function decode(chunks: readonly Uint8Array[]): string {
  let seen = "";
  const decoder = new FrameDecoder((stream, piece) => {
    seen += Buffer.from(piece)
      .toString()
      .replace(/./g, stream === "stdout" ? "$&" : "<$&>");
  });
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return seen;
}

describe("FrameDecoder", () => {
  const STREAM = Buffer.concat([frame(1, "out"), frame(2, "er"), frame(1, ""), frame(0, "in")]);

  test("passes each frame on to its stream", () => {
    expect(decode([STREAM])).toBe("out<e><r>in");
  });

  test("gives the same for every way to cut the stream in two", () => {
    for (let at = 0; at <= STREAM.length; at++) {
      expect(decode([STREAM.subarray(0, at), STREAM.subarray(at)])).toBe("out<e><r>in");
    }
  });

  test("gives the same one byte at a time", () => {
    expect(decode(Array.from(STREAM, (byte) => Uint8Array.of(byte)))).toBe("out<e><r>in");
  });

  test("throws what the daemon says in a frame of type 3, however it is cut", () => {
    const bytes = [...frame(3, "disk full")].map((byte) => Uint8Array.of(byte));
    expect(() => decode(bytes)).toThrow("error from daemon in stream: disk full");
  });

  test("refuses a type that nobody knows", () => {
    expect(() => decode([frame(4, "x")])).toThrow("Unrecognized input header: 4");
  });

  test.each([3, 8, 10])("says so when the stream ends after %i bytes of a frame", (length) => {
    expect(() => decode([frame(1, "cut").subarray(0, length)])).toThrow("unexpected EOF");
  });

  test("takes a length of 4 GiB less one without making room for it", () => {
    const head = Buffer.from([1, 0, 0, 0, 255, 255, 255, 255]);
    expect(() => decode([head])).toThrow("unexpected EOF");
  });
});
