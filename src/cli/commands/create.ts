import { command } from "../command.ts";
import { print } from "../io.ts";
import { CONTAINER_FLAGS } from "../run/container-flags.ts";
import { createContainer } from "../run/create-container.ts";
import { explainFailure } from "../run/exit-code.ts";
import { prepareRequest } from "../run/prepare-request.ts";

export const create = command({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  operands: { min: 1 },
  stopAtOperand: true,
  completes: "images",
  flags: CONTAINER_FLAGS,
  async run(invocation) {
    const { io, connect, path } = invocation;
    const prepared = await prepareRequest(invocation, { detach: false }).catch((error: unknown) => {
      throw explainFailure(error, path);
    });
    const transport = await connect({ start: true });
    await print(io.stdout, `${await createContainer(transport, prepared.for(transport), io)}\n`);
    return 0;
  },
});
