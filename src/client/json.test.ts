import { expect, test } from "bun:test";
import { exactDigits, parseExact, readLines } from "./json.ts";

test("parseExact() keeps whole numbers that a double cannot hold", () => {
  const text = '{"timeNano":1795471155815144228,"small":5,"real":1.5}';
  const value = parseExact(text) as { timeNano: unknown };
  expect(JSON.stringify(value)).toBe(text);
  expect(exactDigits(value.timeNano)).toBe("1795471155815144228");
});

test("readLines() joins lines that were cut and leaves out empty ones", async () => {
  const chunks = ["a\r\nb", "c\n\n", "d"];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
  expect(await Array.fromAsync(readLines(body))).toEqual(["a", "bc", "d"]);
});
