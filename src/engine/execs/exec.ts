import type { Running } from "../../runtime/model.ts";
import type { Container } from "../containers/container.ts";
import type { ExecConfig, ExecView } from "../facade.ts";

/** One more program for a container: asked for, running, or ended. */
export class Exec {
  readonly id: string;
  readonly container: Container;
  readonly config: ExecConfig;
  /** It can be started once. */
  isStarted = false;
  running: Running | undefined;
  #pid = 0;
  #exitCode: number | undefined;

  constructor(id: string, container: Container, config: ExecConfig) {
    this.id = id;
    this.container = container;
    this.config = config;
  }

  get hasEnded(): boolean {
    return this.#exitCode !== undefined;
  }

  enterRunning(running: Running): void {
    this.running = running;
    this.#pid = running.pid;
  }

  enterEnded(exitCode: number): void {
    this.running = undefined;
    this.#exitCode = exitCode;
  }

  view(): ExecView {
    return {
      id: this.id,
      containerId: this.container.id,
      config: this.config,
      running: this.running !== undefined,
      ...(this.#exitCode === undefined ? {} : { exitCode: this.#exitCode }),
      pid: this.#pid,
    };
  }
}
