/** A moment as requests have it, in seconds; empty where there is none. */
export function toSeconds(time: Date | undefined): string {
  return time === undefined ? "" : String(time.getTime() / 1000);
}
