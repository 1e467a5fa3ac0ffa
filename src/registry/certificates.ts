import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { EngineError } from "../base/errors.ts";

/** The part of Bun's TLS options that certificates on disk decide. */
export interface TlsCertificates {
  readonly ca?: string[];
  readonly cert?: string[];
  readonly key?: string[];
}

const DEFAULT_PORTS = /:(?:443|80)$/;

/**
 * Reads what is kept for a registry below certs.d: `*.crt` are authorities to trust beside the
 * system's, `*.cert` with `*.key` the client's own. Of the roots the first that has the host counts.
 */
export async function readCertificates(
  roots: readonly string[],
  host: string,
): Promise<TlsCertificates> {
  for (const root of roots) {
    // A URL leaves out a port that goes without saying; the directory may have it.
    for (const name of DEFAULT_PORTS.test(host) ? [host] : [host, `${host}:443`]) {
      const directory = join(root, name);
      const files = await listFiles(directory);
      if (files !== undefined) return readDirectory(directory, files);
    }
  }
  return {};
}

async function listFiles(directory: string): Promise<readonly string[] | undefined> {
  try {
    return (await readdir(directory)).sort();
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw unreadable(directory, cause);
  }
}

async function readDirectory(
  directory: string,
  files: readonly string[],
): Promise<TlsCertificates> {
  const authorities = await Promise.all(
    files.filter((file) => file.endsWith(".crt")).map((file) => readCertificate(directory, file)),
  );
  checkPairs(directory, files);
  const pairs = await Promise.all(
    files.filter((file) => file.endsWith(".cert")).map((file) => readPair(directory, file)),
  );
  return {
    ...(authorities.length === 0 ? {} : { ca: [...getCACertificates("default"), ...authorities] }),
    ...(pairs.length === 0
      ? {}
      : { cert: pairs.map(({ cert }) => cert), key: pairs.map(({ key }) => key) }),
  };
}

function checkPairs(directory: string, files: readonly string[]): void {
  for (const file of files) {
    if (file.endsWith(".cert") && !files.includes(keyOf(file))) {
      throw new EngineError(
        "invalid",
        `missing key ${keyOf(file)} for client certificate ${join(directory, file)}. CA certificates must use the extension .crt`,
      );
    }
    const cert = file.replace(/\.key$/, ".cert");
    if (cert !== file && !files.includes(cert)) {
      throw new EngineError(
        "invalid",
        `missing client certificate ${cert} for key ${join(directory, file)}`,
      );
    }
  }
}

async function readPair(directory: string, file: string): Promise<{ cert: string; key: string }> {
  const cert = await readCertificate(directory, file);
  const path = join(directory, keyOf(file));
  const key = await readText(path);
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return { cert, key };
  } catch (cause) {
    throw new EngineError("invalid", `Cannot use ${path}: it is no private key in PEM form`, {
      cause,
    });
  }
  throw new EngineError("invalid", `Cannot use ${path}: it is not the key of ${file}`);
}

function keyOf(file: string): string {
  return file.replace(/\.cert$/, ".key");
}

async function readCertificate(directory: string, file: string): Promise<string> {
  const path = join(directory, file);
  const text = await readText(path);
  try {
    new X509Certificate(text);
    return text;
  } catch (cause) {
    throw new EngineError("invalid", `Cannot use ${path}: it is no certificate in PEM form`, {
      cause,
    });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EngineError("internal", `Cannot read the certificates in ${path}: ${reason}`, {
    cause,
  });
}

function isMissing(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    "code" in cause &&
    // A name that is too long for a directory has none.
    ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(String(cause.code))
  );
}
