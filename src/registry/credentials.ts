/** How someone shows a registry who they are. */
export type Credentials =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** Got from a login; it is exchanged for short-lived tokens. */
  | { readonly kind: "identity-token"; readonly token: string; readonly username: string }
  /** Sent to the registry as it is. */
  | { readonly kind: "registry-token"; readonly token: string };

export const ANONYMOUS: Credentials = { kind: "none" };

/** The header of HTTP's Basic scheme. RFC 7617. */
export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
