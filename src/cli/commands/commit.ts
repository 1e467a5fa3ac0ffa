import { ContainerFileApi } from "../../client/container-files.ts";
import { command } from "../command.ts";
import { bool, list, text } from "../flags/flag.ts";
import { print } from "../io.ts";

export const commit = command({
  usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
  operands: { min: 1, max: 2 },
  completes: ["containers", "images"],
  flags: {
    author: text('Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")', { short: "a" }),
    change: list("Apply Dockerfile instruction to the created image", { short: "c" }),
    message: text("Commit message", { short: "m" }),
    pause: bool("Pause container during commit", { short: "p", initial: true }),
  },
  async run({ flags, operands, io, connect }) {
    const [container = "", name = ""] = operands;
    const id = await new ContainerFileApi(await connect()).commit(container, {
      repo: name,
      tag: "",
      comment: flags.message,
      author: flags.author,
      changes: flags.change,
      pause: flags.pause,
    });
    await print(io.stdout, `${id}\n`);
    return 0;
  },
});
