import { duration } from "../flags/duration.ts";
import { bool, checkedList, list, optionalText, text, triState } from "../flags/flag.ts";
import { int, optionalInt } from "../flags/numbers.ts";
import { parseEnvironment, parseLabel } from "./environment.ts";
import { pairs } from "./pairs.ts";

const STREAMS = ["stdin", "stdout", "stderr"];

/** What runs in the container, and as whom. */
export const PROCESS_FLAGS = {
  annotation: pairs("Add an annotation to the container (passed through to the OCI runtime)"),
  attach: checkedList("Attach to STDIN, STDOUT or STDERR", parseStream, { short: "a" }),
  cidfile: text("Write the container ID to the file"),
  "disable-content-trust": bool("Skip image verification", { initial: true }),
  domainname: text("Container NIS domain name"),
  entrypoint: optionalText("Overwrite the default ENTRYPOINT of the image"),
  env: checkedList("Set environment variables", parseEnvironment, { short: "e" }),
  "env-file": list("Read in a file of environment variables"),
  "health-cmd": text("Command to run to check health"),
  "health-http": text("HTTP address to ask about health, such as :80/path", { label: "url" }),
  "health-interval": duration("Time between running the check (ms|s|m|h)"),
  "health-on-failure": text(
    "What to do with a container that becomes unhealthy (none|kill|restart|stop)",
  ),
  "health-retries": int("Consecutive failures needed to report unhealthy", { initial: 0 }),
  "health-start-interval": duration(
    "Time between running the check during the start period (ms|s|m|h)",
  ),
  "health-start-period": duration(
    "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)",
  ),
  "health-tcp": text("TCP port to connect to as a health check", { label: "[host:]port" }),
  "health-timeout": duration("Maximum time to allow one check to run (ms|s|m|h)"),
  hostname: text("Container host name", { short: "h" }),
  init: triState("Run an init inside the container that forwards signals and reaps processes"),
  interactive: bool("Keep STDIN open even if not attached", { short: "i" }),
  isolation: text("Container isolation technology"),
  label: checkedList("Set meta data on a container", parseLabel, { short: "l" }),
  "label-file": list("Read in a line delimited file of labels"),
  "log-driver": text("Logging driver for the container"),
  "log-opt": list("Log driver options"),
  name: text("Assign a name to the container"),
  "no-healthcheck": bool("Disable any container-specified HEALTHCHECK"),
  platform: text("Set platform if server is multi-platform capable"),
  pull: text('Pull image before running ("always", "missing", "never")', { initial: "missing" }),
  quiet: bool("Suppress the pull output", { short: "q" }),
  replace: bool("Remove the container that has this name first, by force"),
  restart: text("Restart policy to apply when a container exits", { initial: "no" }),
  rm: bool("Automatically remove the container and its associated anonymous volumes when it exits"),
  runtime: text("Runtime to use for this container"),
  "stop-signal": text("Signal to stop the container"),
  "stop-timeout": optionalInt("Timeout (in seconds) to stop a container"),
  timeout: int("Kill the container when it has run for so many seconds", { initial: 0 }),
  tty: bool("Allocate a pseudo-TTY", { short: "t" }),
  user: text("Username or UID (format: <name|uid>[:<group|gid>])", { short: "u" }),
  workdir: text("Working directory inside the container", { short: "w" }),
} as const;

function parseStream(name: string): string {
  const stream = name.toLowerCase();
  if (STREAMS.includes(stream)) return stream;
  throw new Error("valid streams are STDIN, STDOUT and STDERR");
}
