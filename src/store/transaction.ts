/** What is done in a transaction; `undo` takes the reverse of what it does outside the database. */
export type TransactionWork<Result> = (undo: DisposableStack) => Result;

/** Stores all of the changes that `work` makes, or, when it or the commit fails, none. */
export type Transaction = <Result>(work: TransactionWork<Result>) => Result;
