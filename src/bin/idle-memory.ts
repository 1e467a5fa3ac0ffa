const INTERVAL_MS = 10_000;

// Processor time, in microseconds: what an idle daemon does not reach, and what makes a collection worth it.
const QUIET_US = 50_000;
const WORTH_US = 200_000;

/**
 * Gives memory back when the daemon has come to rest after work: the collector by itself runs only
 * when more is asked for, which may be never again.
 */
export function collectWhenIdle(): Disposable {
  let last = usedUs();
  let sinceCollection = 0;
  const timer = setInterval(() => {
    const now = usedUs();
    const spent = now - last;
    last = now;
    sinceCollection += spent;
    if (spent > QUIET_US || sinceCollection < WORTH_US) return;
    Bun.gc(true);
    last = usedUs();
    sinceCollection = 0;
  }, INTERVAL_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function usedUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
