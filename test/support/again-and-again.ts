const MOST = 100;
/** What one such test may take of everybody's time. `AGAIN_SECONDS=3600` gives it more. */
const SECONDS = Number(process.env["AGAIN_SECONDS"] ?? 60);

/**
 * Does something a hundred times, as far as there is time for it, and so often at least: what goes wrong
 * once in a while is found where machines are quick. How often it was done is told.
 */
export async function againAndAgain(
  what: string,
  least: number,
  act: (round: number) => Promise<void>,
): Promise<void> {
  const end = performance.now() + SECONDS * 1000;
  let round = 0;
  while (round < MOST && (round < least || performance.now() < end)) {
    await act(round);
    round += 1;
  }
  process.stderr.write(`${what}: done ${round} times\n`);
}
