import type { TlsIdentity } from "./endpoint.ts";

/** The TLS settings in the form that Bun takes them. */
export function toTlsOptions({ ca, cert, key, verify }: TlsIdentity): Bun.TLSOptions {
  return {
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
