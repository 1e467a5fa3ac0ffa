import { EngineError } from "../base/errors.ts";

/** The minor number of an API version: all that were ever published are 1.x. */
export type ApiVersion = number;

/** Docker 28's API. A request without a version in its path gets this one. */
export const NEWEST: ApiVersion = 51;
export const OLDEST: ApiVersion = 24;

/** What skopeo, buildah and podman of Debian 12 speak where they move images, which has not changed. */
const OLDEST_OF: Readonly<Record<string, ApiVersion>> = {
  "GET /images/get": 22,
  "POST /images/load": 22,
};

/** `1.51`, as headers and `/version` have it. */
export function printVersion(version: ApiVersion): string {
  return `1.${version}`;
}

/** Checks the version in the path of a request to an endpoint, such as `1.43`. The texts are matched on by clients. */
export function parseVersion(text: string, endpoint: string): ApiVersion {
  const oldest = OLDEST_OF[endpoint] ?? OLDEST;
  const [major = 0, minor = 0] = text.split(".").map(Number);
  if (major < 1 || (major === 1 && minor < oldest)) {
    throw new EngineError(
      "invalid",
      `client version ${text} is too old. Minimum supported API version is ${printVersion(OLDEST)}, please upgrade your client to a newer version`,
    );
  }
  if (major > 1 || minor > NEWEST) {
    throw new EngineError(
      "invalid",
      `client version ${text} is too new. Maximum supported API version is ${printVersion(NEWEST)}`,
    );
  }
  return minor;
}
