import { constants } from "node:fs";
import { access, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildDisk, readFromDisk } from "./disk.ts";
import { ensureKernel } from "./kernel.ts";

/** What a command left behind when it ran in the machine. */
export interface MachineResult {
  /** Undefined: the machine stopped, or was stopped, before the command ended. */
  readonly status: number | undefined;
  /** What the kernel said; worth reading when there is no status. */
  readonly consoleLog: string;
  /** Reads a file that the command wrote to /results. */
  readResult(name: string): Promise<string | undefined>;
  /** Removes the disk. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface MachineOptions {
  readonly project: string;
  /** A shell command; runs as root in the project's folder. */
  readonly command: string;
  readonly timeoutMs: number;
  readonly output: (text: Uint8Array) => void;
}

/**
 * Boots Debian's kernel in a virtual machine with cgroup v2, runs a command there, and ends with the
 * machine off. Uses KVM where it works, and software otherwise.
 */
export async function runInMachine(options: MachineOptions): Promise<MachineResult> {
  const cache = join(options.project, "build/vm");
  const kernel = await ensureKernel(cache);
  const run = join(cache, `run-${process.pid}`);
  await mkdir(run, { recursive: true });
  const disk = join(run, "disk");
  const consoleLog = join(run, "console");
  await buildDisk(options.project, options.command, disk);

  const machine = Bun.spawn(
    [
      "qemu-system-x86_64",
      ...(await machineArguments()),
      "-kernel",
      kernel.image,
      "-initrd",
      kernel.initramfs,
      "-drive",
      `file=${disk},format=raw,if=virtio,cache=unsafe`,
      "-serial",
      `file:${consoleLog}`,
      "-serial",
      "stdio",
    ],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
      timeout: options.timeoutMs,
      killSignal: "SIGKILL",
    },
  );
  for await (const chunk of machine.stdout) options.output(chunk);
  await machine.exited;

  const status = await readFromDisk(disk, "/results/status");
  return {
    status: status === undefined ? undefined : Number(status),
    consoleLog: await Bun.file(consoleLog).text(),
    readResult: (name) => readFromDisk(disk, `/results/${name}`),
    [Symbol.asyncDispose]: () => rm(run, { recursive: true, force: true }),
  };
}

async function machineArguments(): Promise<readonly string[]> {
  return [
    ...["-accel", (await hasKvm()) ? "kvm" : "tcg,thread=multi"],
    ...["-cpu", "max", "-smp", "2", "-m", "2G"],
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"],
    ...["-append", "console=ttyS0 panic=-1 quiet mitigations=off"],
  ];
}

/** A processor without the extensions can still have the device, in clouds, where machines then hang. */
async function hasKvm(): Promise<boolean> {
  try {
    await access("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    // Not there, or not for this user: software does.
    return false;
  }
  return /^flags.*\b(vmx|svm)\b/m.test(await readFile("/proc/cpuinfo", "utf8"));
}
