import { jest } from "bun:test";

/**
 * Until it is disposed of timers fire only when a test moves them on, with `jest.advanceTimersByTime()`:
 * so a limit of time is passed, or is not, however slow the machine is.
 */
export function stopTimers(): Disposable {
  jest.useFakeTimers();
  return { [Symbol.dispose]: () => void jest.useRealTimers() };
}
