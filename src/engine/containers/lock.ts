/** Lets one piece of work run at a time, in the order of asking. */
export class Lock {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `work` when all that was asked for before has ended, well or not. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => {
      // Whoever asked for it gets the error; the next one does not care.
    });
    return result;
  }
}
