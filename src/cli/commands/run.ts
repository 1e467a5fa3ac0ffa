import { ContainerApi } from "../../client/containers.ts";
import { CommandError, command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { detachKeys } from "../flags/shared-flags.ts";
import { print } from "../io.ts";
import { CONTAINER_FLAGS } from "../run/container-flags.ts";
import { createContainer } from "../run/create-container.ts";
import { explainFailure } from "../run/exit-code.ts";
import { prepareRequest } from "../run/prepare-request.ts";
import { runAttached } from "../run/run-attached.ts";
import { checkTty } from "../terminal/check-tty.ts";
import { parseDetachKeys } from "../terminal/detach-keys.ts";

export const run = command({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  operands: { min: 1 },
  stopAtOperand: true,
  completes: "images",
  flags: {
    ...CONTAINER_FLAGS,
    detach: bool("Run container in background and print container ID", { short: "d" }),
    "detach-keys": detachKeys(),
    "sig-proxy": bool("Proxy received signals to the process", { initial: true }),
  },
  async run(invocation) {
    const { flags, io, connect, path } = invocation;
    if (flags.detach && flags.attach.length > 0) {
      throw new CommandError("conflicting options: cannot specify both --attach and --detach");
    }
    try {
      parseDetachKeys(flags["detach-keys"]);
      const prepared = await prepareRequest(invocation, { detach: flags.detach });
      const stdin = flags.interactive || flags.attach.includes("stdin");
      await checkTty(flags.tty && stdin && !flags.detach, io);
      const transport = await connect({ start: true });
      const request = prepared.for(transport);
      const id = await createContainer(transport, request, io);
      const containers = new ContainerApi(transport);
      if (!flags.detach) {
        const { body } = request;
        return await runAttached({ containers, id, body, flags, io });
      }
      await containers.start(id);
      await print(io.stdout, `${id}\n`);
      return 0;
    } catch (error) {
      throw error instanceof CommandError ? error : explainFailure(error, path);
    }
  },
});
