import type { TarEntry } from "../../base/tar/tar-entry.ts";
import { TarReader } from "../../base/tar/tar-reader.ts";
import type { LocalUnpacker } from "./local-unpack.ts";

/** Unpacks an archive where `open` says, which may ask what comes first. */
export async function unpackLocal(
  archive: AsyncIterable<Uint8Array>,
  open: (first: TarEntry) => LocalUnpacker,
): Promise<void> {
  let unpacker: LocalUnpacker | undefined;
  const reader = new TarReader({
    begin: (entry) => {
      unpacker ??= open(entry);
      unpacker.begin(entry);
    },
    data: (bytes, offset) => unpacker?.data(bytes, offset),
    end: () => unpacker?.end(),
  });
  for await (const chunk of archive) reader.feed(chunk);
  reader.finish({ endMark: "required" });
  unpacker?.finish();
}
