import { EngineError } from "../base/errors.ts";

/** A request of which no answer, or not all of it, came. */
export interface FailedRequest {
  readonly method: string;
  readonly url: URL;
  /** The proxy that was asked, if any. */
  readonly proxy: URL | undefined;
}

const UNKNOWN_AUTHORITY = "x509: certificate signed by unknown authority";
const EXPIRED = "x509: certificate has expired or is not yet valid";

/** Go's words for what Bun reports, since Docker's users look for them. */
const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: EXPIRED,
};

const DIAL_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
};

/** Faults that the next try meets again at once. */
const LASTING = new Set([
  "ECONNREFUSED",
  "ConnectionRefused",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPROTO",
]);

/** `Get "URL": reason`, as Go's HTTP client begins its errors. */
export function requestError(
  request: Pick<FailedRequest, "method" | "url">,
  reason: string,
  cause?: unknown,
): EngineError {
  const method = `${request.method.charAt(0)}${request.method.slice(1).toLowerCase()}`;
  return new EngineError("unavailable", `${method} "${request.url.href}": ${reason}`, { cause });
}

/** Says in Docker's words why a request failed on the way. */
export function explainNetworkFault(cause: unknown, request: FailedRequest): EngineError {
  return requestError(request, reasonOf(cause, request), cause);
}

/** Whether nobody is there, or nobody to talk to, so that asking again at once is no use. */
export function isLastingFault({ cause }: EngineError): boolean {
  const isTimeout = cause instanceof Error && cause.name === "TimeoutError";
  return isTimeout || LASTING.has(codeOf(cause));
}

/** Whether the server is not the one that it should be. */
export function isCertificateFault({ cause }: EngineError): boolean {
  const code = codeOf(cause);
  return CERTIFICATE_FAULTS[code] !== undefined || code === "ERR_TLS_CERT_ALTNAME_INVALID";
}

/** Whether a TLS handshake failed for another reason than the certificate. */
export function isHandshakeFault({ cause }: EngineError): boolean {
  return codeOf(cause) === "EPROTO";
}

function reasonOf(cause: unknown, { url, proxy }: FailedRequest): string {
  const code = codeOf(cause);
  const peer = proxy ?? url;
  const prefix = proxy === undefined ? "" : "proxyconnect tcp: ";
  const dial = DIAL_FAULTS[code];
  if (dial !== undefined) return `${prefix}dial tcp ${addressOf(peer)}: connect: ${dial}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const problem = code === "ENOTFOUND" ? "no such host" : "Temporary failure in name resolution";
    return `${prefix}dial tcp: lookup ${peer.hostname}: ${problem}`;
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return `x509: certificate is not valid for ${url.hostname}`;
  }
  if (code === "EPROTO") return "remote error: tls: handshake failure";
  return CERTIFICATE_FAULTS[code] ?? otherReason(code, cause);
}

function otherReason(code: string, cause: unknown): string {
  switch (code) {
    case "ECONNRESET":
    case "ConnectionClosed":
      return "unexpected EOF: the server closed the connection";
    case "ResponseHeadersTooLarge":
      return "the headers of the answer are too large";
    case "Malformed_HTTP_Response":
      return "malformed HTTP response, or one with too many headers";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

function addressOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === "" ? (protocol === "https:" ? "443" : "80") : port}`;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
