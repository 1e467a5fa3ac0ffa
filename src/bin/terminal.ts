import type { Terminal, WindowSize } from "../cli/io.ts";

const FD = { stdin: 0, stdout: 1, stderr: 2 } as const;

// ioctl_tty(2); the numbers are the same on x86-64 and arm64.
const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCGWINSZ = 0x5413;

// struct termios as the kernel has it: four words of flags, the line discipline, 19 characters.
const TERMIOS_BYTES = 36;
const INPUT = 0;
const OUTPUT = 4;
const CONTROL = 8;
const LOCAL = 12;
const CHARACTERS = 17;
const VTIME = CHARACTERS + 5;
const VMIN = CHARACTERS + 6;

// What cfmakeraw(3) clears and sets.
const INPUT_FLAGS = 0o2753; // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
const OPOST = 0o1;
const LOCAL_FLAGS = 0o100113; // ECHO ECHONL ICANON ISIG IEXTEN
const ECHO = 0o10;
const CONTROL_FLAGS = 0o460; // CSIZE PARENB
const CS8 = 0o60;

/** The terminal of this process's standard streams, by ioctl: node:tty costs 8 ms to load. */
export const processTerminal: Terminal = {
  async isTerminal(stream) {
    return (await ioctl(FD[stream], TCGETS, new Uint8Array(TERMIOS_BYTES))) === 0;
  },
  async size(stream = "stdout"): Promise<WindowSize | undefined> {
    const size = new Uint16Array(4);
    if ((await ioctl(FD[stream], TIOCGWINSZ, size)) !== 0) return undefined;
    const [rows = 0, columns = 0] = size;
    return columns === 0 ? undefined : { rows, columns };
  },
  makeRaw: () => changeInput(toRaw),
  hideInput: () => changeInput(toHidden),
};

/** Changes the settings of stdin's terminal, until disposed. */
async function changeInput(change: (termios: Uint8Array) => Uint8Array): Promise<Disposable> {
  const { raw } = await import("../linux/native.ts");
  const { SYS } = await import("../linux/numbers.ts");
  const before = new Uint8Array(TERMIOS_BYTES);
  raw(SYS.ioctl, FD.stdin, TCGETS, before);
  raw(SYS.ioctl, FD.stdin, TCSETS, change(before));
  return { [Symbol.dispose]: () => raw(SYS.ioctl, FD.stdin, TCSETS, before) };
}

async function ioctl(fd: number, request: number, memory: NodeJS.TypedArray): Promise<number> {
  const { raw } = await import("../linux/native.ts");
  const { SYS } = await import("../linux/numbers.ts");
  return raw(SYS.ioctl, fd, request, memory);
}

/** Nothing is echoed; lines and signals are as they were. */
function toHidden(termios: Uint8Array): Uint8Array {
  const result = termios.slice();
  changeFlags(result, LOCAL, { clear: ECHO });
  return result;
}

/** Every byte passes as it is, in both directions. */
function toRaw(termios: Uint8Array): Uint8Array {
  const result = termios.slice();
  const view = new DataView(result.buffer);
  const change = (at: number, clear: number, set = 0) => changeFlags(result, at, { clear, set });
  change(INPUT, INPUT_FLAGS);
  change(OUTPUT, OPOST);
  change(CONTROL, CONTROL_FLAGS, CS8);
  change(LOCAL, LOCAL_FLAGS);
  view.setUint8(VMIN, 1);
  view.setUint8(VTIME, 0);
  return result;
}

function changeFlags(
  { buffer }: Uint8Array,
  at: number,
  { clear, set = 0 }: { readonly clear: number; readonly set?: number },
): void {
  const view = new DataView(buffer);
  view.setUint32(at, (view.getUint32(at, true) & ~clear) | set, true);
}
