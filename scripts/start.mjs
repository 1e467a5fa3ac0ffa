// npm start: sets up, then runs a container that prints what it sees.
//
//   npm start                    the default image, on the running daemon or on one of its own
//   npm start -- COMMAND …       any command of bin/sampan

import { runDefaultImage } from "./default-image.mjs";
import { passThrough, SetupError, say } from "./program.mjs";
import { SAMPAN } from "./project.mjs";
import { main, setUp } from "./setup.mjs";
import { isAnswering, startTemporaryDaemon } from "./temporary-daemon.mjs";

const DEFAULT_SOCKET = "/run/sampan/sampan.sock";

const WHAT_NEXT = `
The container is gone, and so is the daemon that it ran on. To go on:

  bin/sampan daemon &                        a daemon that stays
  bin/sampan run --rm -it alpine sh          a container; its image is pulled where it is missing
  bin/sampan import rootfs.tar my/image      an image from any root file system
  bin/sampan explain run my/image sh         every system call that makes a container, and why
  DOCKER_HOST=unix:///run/sampan/sampan.sock docker ps`;

await main(async () => {
  setUp();
  const args = process.argv.slice(2);
  if (args.length > 0) return passThrough(SAMPAN, args);
  return (await isAnswering(DEFAULT_SOCKET)) ? runDefaultImage(DEFAULT_SOCKET) : showOnItsOwn();
});

/** Leaves the machine as it was: the daemon, its data and its network go with the container. */
async function showOnItsOwn() {
  if (process.getuid() !== 0) {
    throw new SetupError(
      "Cannot start a daemon: namespaces and mounts need root; try: sudo npm start",
    );
  }
  // A Ctrl-C ends the container; this process still has its daemon to end.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
  const daemon = await startTemporaryDaemon();
  try {
    const status = runDefaultImage(daemon.socket);
    if (status === 0) say(WHAT_NEXT);
    return status;
  } finally {
    await daemon.stop();
  }
}
