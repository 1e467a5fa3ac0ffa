import { EngineError } from "../../base/errors.ts";
import type { ExecConfig, ExecView } from "../../engine/facade.ts";
import type { Fields } from "./fields.ts";

/** `GET /exec/{id}/json`. */
export interface ExecJson {
  readonly ID: string;
  readonly Running: boolean;
  /** Null until it ended. */
  readonly ExitCode: number | null;
  readonly ProcessConfig: {
    readonly tty: boolean;
    readonly entrypoint: string;
    readonly arguments: readonly string[];
    readonly privileged: boolean;
    readonly user?: string;
  };
  readonly OpenStdin: boolean;
  readonly OpenStderr: boolean;
  readonly OpenStdout: boolean;
  readonly CanRemove: boolean;
  readonly ContainerID: string;
  readonly DetachKeys: string;
  readonly Pid: number;
}

export function toExecJson({ config, ...exec }: ExecView): ExecJson {
  const [entrypoint = "", ...words] = config.command;
  return {
    ID: exec.id,
    Running: exec.running,
    ExitCode: exec.exitCode ?? null,
    ProcessConfig: {
      tty: config.tty,
      entrypoint,
      arguments: words,
      privileged: config.privileged,
      ...(config.user === "" ? {} : { user: config.user }),
    },
    OpenStdin: config.attach.stdin,
    OpenStderr: config.attach.stderr,
    OpenStdout: config.attach.stdout,
    CanRemove: false,
    ContainerID: exec.containerId,
    DetachKeys: config.detachKeys ?? "",
    Pid: exec.pid,
  };
}

/** Reads the body of `POST /containers/{id}/exec`. */
export function decodeExec(body: Fields): ExecConfig {
  const command = body.findWords("Cmd") ?? [];
  if (command.length === 0) throw new EngineError("invalid", "No exec command specified");
  const detachKeys = body.text("DetachKeys");
  return {
    command,
    env: body.texts("Env"),
    user: body.text("User"),
    workingDir: body.text("WorkingDir"),
    privileged: body.flag("Privileged"),
    tty: body.flag("Tty"),
    attach: {
      stdin: body.flag("AttachStdin"),
      stdout: body.flag("AttachStdout"),
      stderr: body.flag("AttachStderr"),
    },
    ...(detachKeys === "" ? {} : { detachKeys }),
  };
}
