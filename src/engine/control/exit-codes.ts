import { signalName } from "../../linux/signal.ts";

/** What is known of an exit code: how it comes about, and what to do. */
export interface Explained {
  readonly why: string;
  readonly advice: readonly string[];
}

const LOGS = "Look at what it wrote: sampan logs NAME";

/** What a program says by ending with this code, without a signal. */
export function explainExitCode(code: number): Explained {
  const known = KNOWN.get(code);
  if (known !== undefined) return known;
  if (code > 128 && code <= 128 + 64) return explainShellCode(code - 128);
  return {
    why: `The program itself chose ${code}: what it means is the program's to say.`,
    advice: [LOGS],
  };
}

const KNOWN: ReadonlyMap<number, Explained> = new Map([
  [0, { why: "The program did what it was to do, and ended.", advice: [] }],
  [1, { why: "By 1 most programs say that something failed.", advice: [LOGS] }],
  [
    2,
    {
      why: "By 2 shells and many programs say that they were called the wrong way.",
      advice: ["Check the command and its arguments: sampan inspect NAME", LOGS],
    },
  ],
  [
    125,
    {
      why: "By 125 a tool that starts other programs says that it failed itself.",
      advice: [LOGS],
    },
  ],
  [
    126,
    {
      why: "By 126 a shell says that it found a command and could not run it: it is not executable, or made for another machine.",
      advice: [
        "Give the file an execute permission (chmod +x), or take the image for this machine.",
        LOGS,
      ],
    },
  ],
  [
    127,
    {
      why: "By 127 a shell says that it did not find a command, and a dynamic loader that it did not find a library.",
      advice: [
        "Check the spelling, and PATH in the container; what is missing is in the last line of its output.",
        LOGS,
      ],
    },
  ],
]);

/** A shell whose command was killed ends with 128 and the signal. */
function explainShellCode(signal: number): Explained {
  const name = signalName(signal);
  const { why, advice } = explainSignal(signal);
  return {
    why: `By ${128 + signal} a program says that ${name} ended it or a command that it ran. ${why}`,
    advice,
  };
}

/** What a signal is about that nobody asked this daemon for. */
export function explainSignal(signal: number): Explained {
  const known = SIGNALS.get(signalName(signal));
  return (
    known ?? {
      why: `${signalName(signal)} came from one of its processes, or from somebody on the host.`,
      advice: [LOGS],
    }
  );
}

const DEBUG = "Run it with a debugger, or let it write a core file: --ulimit core=-1";

const SIGNALS: ReadonlyMap<string, Explained> = new Map([
  [
    "SIGKILL",
    {
      why: "SIGKILL came from somebody on the host, or from the kernel: no client asked this daemon for it.",
      advice: ["Look whether the host ran out of memory: dmesg | grep -i oom"],
    },
  ],
  [
    "SIGSEGV",
    {
      why: "SIGSEGV is the kernel's: the program reached for memory that is not its own, which is a fault in it or in a library.",
      advice: [DEBUG],
    },
  ],
  [
    "SIGBUS",
    {
      why: "SIGBUS is the kernel's: a file that the program had mapped became shorter, or its disk or shared memory was full.",
      advice: ["Give it more shared memory: --shm-size", DEBUG],
    },
  ],
  [
    "SIGILL",
    {
      why: "SIGILL is the kernel's: the processor does not know an instruction of the program.",
      advice: ["Take an image that was made for this processor.", DEBUG],
    },
  ],
  ["SIGFPE", { why: "SIGFPE is the kernel's: the program divided by zero.", advice: [DEBUG] }],
  [
    "SIGABRT",
    { why: "By SIGABRT a program ends itself when it finds that it cannot go on.", advice: [LOGS] },
  ],
  [
    "SIGSYS",
    {
      why: "SIGSYS is the kernel's: the seccomp profile kills for a system call that the program made.",
      advice: ["Allow that call in a profile: --security-opt seccomp=FILE"],
    },
  ],
  [
    "SIGXCPU",
    {
      why: "SIGXCPU is the kernel's: the program used up its processor time.",
      advice: ["Raise its limit: --ulimit cpu=SECONDS"],
    },
  ],
  [
    "SIGXFSZ",
    {
      why: "SIGXFSZ is the kernel's: a file became larger than it may.",
      advice: ["Raise its limit: --ulimit fsize=BYTES"],
    },
  ],
  [
    "SIGPIPE",
    {
      why: "By SIGPIPE a program ends that writes to a pipe nobody reads any more.",
      advice: [LOGS],
    },
  ],
  [
    "SIGTERM",
    { why: "SIGTERM came from one of its processes, or from somebody on the host.", advice: [] },
  ],
  ["SIGINT", { why: "SIGINT is what ctrl-c sends.", advice: [] }],
]);
