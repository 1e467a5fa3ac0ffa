import { expect, test } from "bun:test";
import { TcpOutput } from "./tcp-output.ts";

/** Takes so many bytes of each write. */
function makeSink(...takes: number[]) {
  const taken: string[] = [];
  return {
    taken,
    write(bytes: Uint8Array): number {
      const count = Math.min(bytes.length, takes.shift() ?? bytes.length);
      taken.push(Buffer.from(bytes).toString().slice(0, Math.max(0, count)));
      return count;
    },
  };
}

test("bytes go out in order, whatever the socket takes at a time", () => {
  const sink = makeSink(2, 0, -1, 3);
  const output = new TcpOutput(sink);

  output.write(Buffer.from("hello "));
  output.write(Buffer.from("world"));
  expect(output.waitingBytes).toBe(9);

  for (let round = 0; round < 4; round++) output.drain();
  expect(sink.taken.join("")).toBe("hello world");
  expect(output.waitingBytes).toBe(0);

  output.write(Buffer.from("!"));
  expect(sink.taken.at(-1)).toBe("!");
});
