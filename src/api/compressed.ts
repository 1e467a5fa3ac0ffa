import { createDeflateRaw, createGzip } from "node:zlib";
import type { HttpRequest, StreamReply } from "./http/exchange.ts";

const ENCODERS = { gzip: createGzip, deflate: createDeflateRaw } as const;

type Encoding = keyof typeof ENCODERS;

/** Compresses a reply where its client asks for that, and for nothing that it would rather have. */
export function compressed(reply: StreamReply, request: HttpRequest): StreamReply {
  const encoding = chooseEncoding(request.headers.get("accept-encoding") ?? "");
  if (encoding === undefined) return reply;
  const headers = { ...reply.headers, "Content-Encoding": encoding };
  return { ...reply, headers, stream: encode(reply.stream, encoding) };
}

/** As Docker chooses: the best of those that are known, of equals the first; plain where none is named. */
export function chooseEncoding(accepted: string): Encoding | undefined {
  const qualities = new Map(
    accepted.split(",").map((one) => {
      const [name = "", ...parameters] = one.split(";").map((part) => part.trim().toLowerCase());
      const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice("q=".length);
      return [name, q === undefined ? 1 : Number(q)] as const;
    }),
  );
  const quality = (name: string) => qualities.get(name) ?? qualities.get("*") ?? 0;
  const plain = qualities.get("identity") ?? 0;
  const known = (["gzip", "deflate"] as const).filter((name) => quality(name) > 0);
  const best = known.toSorted((one, other) => quality(other) - quality(one))[0];
  return best !== undefined && quality(best) >= plain ? best : undefined;
}

/** Returned early, it leaves its source too, begun or not. */
function encode(
  source: AsyncIterable<string | Uint8Array>,
  encoding: Encoding,
): AsyncIterable<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  const leave = async () => {
    await pieces.return?.();
  };
  const output = run({ [Symbol.asyncIterator]: () => pieces }, encoding);
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => output.next(),
      async return() {
        await leave();
        return await output.return(undefined);
      },
    }),
  };
}

async function* run(
  source: AsyncIterable<string | Uint8Array>,
  encoding: Encoding,
): AsyncGenerator<Uint8Array> {
  const encoder = ENCODERS[encoding]();
  const feeding = feed(source, encoder);
  // Told by the stream too, which ends with it.
  feeding.catch(() => {});
  for await (const piece of encoder) yield piece;
  await feeding;
}

async function feed(
  source: AsyncIterable<string | Uint8Array>,
  encoder: ReturnType<(typeof ENCODERS)[Encoding]>,
): Promise<void> {
  try {
    for await (const piece of source) {
      if (!encoder.write(piece)) await new Promise((resolve) => encoder.once("drain", resolve));
    }
    encoder.end();
  } catch (cause) {
    encoder.destroy(cause instanceof Error ? cause : new Error(String(cause)));
    throw cause;
  }
}
