// The thread that mounts what may take its time: file systems of other hosts, and of slow disks.

import { type ClassicMount, tryMount } from "../linux/mount.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<ClassicMount>) => {
  self.postMessage(tryMount(data));
};
