/** Writes `os[/arch[/variant]]` as the JSON that requests carry. */
export function encodePlatform(platform: string): string {
  const [os, architecture, variant, ...more] = platform.split("/");
  if (os === undefined || os === "" || more.length > 0) {
    throw new Error(`invalid platform ${JSON.stringify(platform)}: want os[/arch[/variant]]`);
  }
  return JSON.stringify({ os, architecture, variant });
}
