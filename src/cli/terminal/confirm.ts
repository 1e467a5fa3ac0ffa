import { type Io, print } from "../io.ts";

/** Asks whether to go on; anything but yes is no. */
export async function confirm(io: Io, warning: string): Promise<boolean> {
  await print(io.stdout, `${warning}\nAre you sure you want to continue? [y/N] `);
  const answer = await readLine(io);
  return ["y", "yes"].includes(answer.trim().toLowerCase());
}

async function readLine(io: Io): Promise<string> {
  let line = "";
  const decoder = new TextDecoder();
  for await (const chunk of io.stdin.stream()) {
    line += decoder.decode(chunk, { stream: true });
    if (line.includes("\n")) break;
  }
  return line.split("\n")[0] ?? "";
}
