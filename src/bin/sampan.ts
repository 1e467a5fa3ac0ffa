import { runCli } from "../cli/main.ts";
import { processIo } from "./process-io.ts";

const argv = process.argv.slice(2);
const [program, ...rest] = argv;

// The daemon brings its own machinery; the client stays small by not knowing it.
if (program === "daemon") {
  const { runDaemon } = await import("./daemon.ts");
  process.exit(await runDaemon(rest));
} else {
  // A pending read of stdin would keep the process alive.
  process.exit(await runCli(argv, processIo));
}
