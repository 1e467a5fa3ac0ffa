/** The daemon's refusal. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** No daemon answers at the host. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /** Nobody listens there, so one can be started. */
  readonly absent: boolean;

  constructor(host: string, cause: unknown) {
    const code = errorCode(cause);
    super(describe(host, code, cause), { cause });
    this.absent = code === "ENOENT" || code === "ECONNREFUSED";
  }
}

function describe(host: string, code: string, cause: unknown): string {
  if (code === "EACCES") {
    return `permission denied while trying to connect to the Sampan daemon socket at ${host}`;
  }
  if (UNREACHABLE.includes(code)) {
    return `Cannot connect to the Sampan daemon at ${host}. Is the sampan daemon running?`;
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `error during connect to the Sampan daemon at ${host}: ${reason}`;
}

const UNREACHABLE = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "ENOTSOCK", "ETIMEDOUT"];

function errorCode(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : "";
  return typeof code === "string" ? code : "";
}

/** The text of an error's body: Docker's JSON, or as it is. */
export function messageOf(body: string, status: number): string {
  const text = body.trim();
  if (text === "") return `request returned ${status} with no message`;
  try {
    const decoded: unknown = JSON.parse(text);
    if (typeof decoded === "object" && decoded !== null && "message" in decoded) {
      return String(decoded.message).trim();
    }
  } catch {
    // Daemons before API 1.24, and proxies, answer in plain text.
  }
  return text;
}
