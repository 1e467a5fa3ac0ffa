import { BLOCK } from "../base/tar/tar-entry.ts";
import { isTarHeader } from "../base/tar/tar-header.ts";

const GZIP = [0x1f, 0x8b, 0x08];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** Whether a file that begins like this may be a layer: a tar, or what one is compressed to. */
export function looksLikeLayer(bytes: Uint8Array): boolean {
  if (startsWith(bytes, GZIP) || startsWith(bytes, ZSTD)) return true;
  // An empty layer is nothing but an end mark.
  if (bytes.length < BLOCK) return false;
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, BLOCK);
  return isTarHeader(block) || block.every((byte) => byte === 0);
}

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}
