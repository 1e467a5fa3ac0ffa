import type { ClassicMount } from "../linux/mount.ts";

/** Resolves to the errno; 0: it is mounted. A server that does not answer keeps nobody but this waiting. */
export function mountInThread(request: ClassicMount): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const worker = new Worker(new URL("./mount-worker.ts", import.meta.url).href);
  worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(`the thread that mounts ended: ${message}`));
  worker.postMessage(request);
  return promise.finally(() => worker.terminate());
}
