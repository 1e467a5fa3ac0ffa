/** A repository and the tag or digest behind it; the tag is empty where none was written. */
export interface SplitReference {
  readonly repository: string;
  readonly tag: string;
}

/** Splits `repository[:tag][@digest]`; whether the parts are valid is for the daemon to say. */
export function splitReference(reference: string): SplitReference {
  const digest = reference.indexOf("@");
  if (digest >= 0) {
    const { repository } = splitReference(reference.slice(0, digest));
    return { repository, tag: reference.slice(digest + 1) };
  }
  const colon = reference.lastIndexOf(":");
  // A colon before a slash belongs to the registry's port.
  if (colon < 0 || reference.includes("/", colon)) return { repository: reference, tag: "" };
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}
