import { OPEN } from "./beneath.ts";
import { openFile } from "./fd.ts";
import { CLONE_FLAG } from "./namespace.ts";
import { syscall } from "./syscall.ts";

const HERE = "/proc/thread-self/ns/net";

/**
 * Runs a function with this thread in a network namespace. Sockets that it opens stay there. It must
 * not wait: the thread is in there until it returns. setns(2)
 */
export function withinNetworkNamespace<Result>(namespaceFd: number, work: () => Result): Result {
  using home = openFile(HERE, OPEN.RDONLY);
  enter(namespaceFd);
  try {
    return work();
  } finally {
    enter(home.number);
  }
}

function enter(namespaceFd: number): void {
  syscall("setns", { subject: "net", args: [namespaceFd, CLONE_FLAG.network] });
}
