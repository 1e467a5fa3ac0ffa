const INTERVAL_MS = 10_000;

// Processor time, in microseconds: what a daemon at rest does not reach (it takes a while to give its
// memory to the kernel, 1.5 % of the time), and what makes a collection worth it.
const QUIET_US = 200_000;
const WORTH_US = 200_000;

/**
 * Gives memory back when the daemon has come to rest after work: the collector by itself runs only
 * when more is asked for, which may be never again. `release` gives up what is kept outside of its heap.
 */
export function collectWhenIdle(release: () => void): Disposable {
  let last = usedUs();
  let sinceCollection = 0;
  const timer = setInterval(() => {
    const now = usedUs();
    const spent = now - last;
    last = now;
    sinceCollection += spent;
    if (spent > QUIET_US || sinceCollection < WORTH_US) return;
    Bun.gc(true);
    release();
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
