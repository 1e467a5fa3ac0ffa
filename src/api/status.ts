import { EngineError, type ErrorKind } from "../base/errors.ts";
import { HttpFailure } from "./http/failure.ts";

// A Record over the union: a new kind does not compile until it has a status.
const STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  internal: 500,
  unimplemented: 501,
  unavailable: 503,
};

/** The HTTP status of what a handler threw. */
export function statusOf(error: unknown): number {
  // A body may turn out to be malformed only while a handler reads it.
  if (error instanceof HttpFailure) return error.status;
  return error instanceof EngineError ? STATUS[error.kind] : STATUS.internal;
}
