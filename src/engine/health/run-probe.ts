import { EngineError } from "../../base/errors.ts";
import { ContainerSandbox } from "../../network/container-sandbox.ts";
import { probe } from "../../network/probe.ts";
import type { CheckEnd, PreparedCheck, Running } from "../../runtime/model.ts";
import type { Probe } from "./probe.ts";

type NetworkProbe = Exclude<Probe, { readonly kind: "exec" }>;

/** A check over the network, in the form of one by a program: its exit code is 0 where all is well. */
export class NetworkCheck implements PreparedCheck {
  readonly #running: Running;
  readonly #probe: NetworkProbe;

  constructor(running: Running, probe: NetworkProbe) {
    this.#running = running;
    this.#probe = probe;
  }

  async run(signal: AbortSignal): Promise<CheckEnd> {
    using sandbox = ContainerSandbox.open(this.#running.pid);
    // It is there, so that what was opened by its number is its own.
    this.#running.kill(0);
    try {
      const answer = await probe({ ...toTarget(this.#probe), ...sandbox }, signal);
      return judge(this.#probe, answer);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return { exitCode: 1, output: error.message, isCut: false };
    }
  }
}

function toTarget(asked: NetworkProbe) {
  const { addresses, port } = asked;
  if (asked.kind === "tcp") return { addresses, port };
  const lines = [
    `GET ${asked.path} HTTP/1.1`,
    `Host: ${asked.host}`,
    "User-Agent: sampan-health",
    "Accept: */*",
    "Connection: close",
  ];
  const request = `${lines.join("\r\n")}\r\n\r\n`;
  return { addresses, port, request, isWhole: (answer: string) => answer.includes("\r\n\r\n") };
}

function judge(asked: NetworkProbe, answer: string): CheckEnd {
  if (asked.kind === "tcp") {
    return { exitCode: 0, output: `Connected to port ${asked.port}`, isCut: false };
  }
  const [, status] = /^HTTP\/1\.[01] (\d{3})(?: |\r?\n)/.exec(answer) ?? [];
  if (status === undefined) {
    return { exitCode: 1, output: `Not an answer of HTTP: ${answer}`, isCut: false };
  }
  const isWell = status >= "200" && status < "400";
  return { exitCode: isWell ? 0 : 1, output: answer, isCut: false };
}
