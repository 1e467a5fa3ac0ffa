const MAX_LENGTH = 8192;
const LINK = /<([^<>]*)>((?:\s*;\s*[^\s;,="]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g;
const NEXT = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?=\s*(?:;|$)))/i;
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i;
const UPLOAD_RANGE = /^(?:bytes=)?0-(\d{1,15})$/i;
const LENGTH = /^\d{1,15}$/;

/** The target of the link with `rel="next"`, as it stands there. RFC 8288. */
export function findNextLink(header: string | null): string | undefined {
  if (header === null || header.length > MAX_LENGTH) return undefined;
  const link = [...header.matchAll(LINK)].find(([, , parameters = ""]) => NEXT.test(parameters));
  return link?.[1];
}

/** The part of a whole that a server sends with status 206. RFC 9110, 14.4. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  /** Undefined where the server does not know. */
  readonly total: number | undefined;
}

export function findContentRange(header: string | null): ContentRange | undefined {
  const match = CONTENT_RANGE.exec(header ?? "");
  if (match === null) return undefined;
  const [, first, last, total] = match;
  const range = {
    first: Number(first),
    last: Number(last),
    total: total === "*" ? undefined : Number(total),
  };
  return range.last < range.first ? undefined : range;
}

/** How many bytes a registry says that it has of an upload. */
export function findUploadedBytes(header: string | null): number | undefined {
  const last = UPLOAD_RANGE.exec(header ?? "")?.[1];
  if (last === undefined) return undefined;
  // An inclusive range has no way to say nothing; registries write 0-0 then, and lose one byte at most.
  return Number(last) === 0 ? 0 : Number(last) + 1;
}

export function findContentLength(header: string | null): number | undefined {
  return LENGTH.test(header ?? "") ? Number(header) : undefined;
}

/** How long to wait before the next try. RFC 9110, 10.2.3: seconds, or a date. */
export function findRetryAfterMs(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (LENGTH.test(text)) return Number(text) * 1000;
  // A date has letters; Date.parse() would take "-5" for a year.
  const at = /^[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
