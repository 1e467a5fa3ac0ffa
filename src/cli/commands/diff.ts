import { ContainerFileApi } from "../../client/container-files.ts";
import { command } from "../command.ts";
import { print } from "../io.ts";

const LETTERS = ["C", "A", "D"];

export const diff = command({
  usage: "CONTAINER",
  operands: { min: 1, max: 1 },
  completes: "containers",
  flags: {},
  async run({ operands, io, connect }) {
    const changes = await new ContainerFileApi(await connect()).changes(operands[0] ?? "");
    const lines = changes.map(({ Kind, Path }) => `${LETTERS[Kind] ?? "?"} ${Path}\n`);
    await print(io.stdout, lines.join(""));
    return 0;
  },
});
