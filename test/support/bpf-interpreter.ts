// Runs a classic BPF program over a struct seccomp_data, as the kernel does, and counts the steps.

/** What a filter is shown of a system call. */
export interface SeccompInput {
  readonly number: number;
  readonly machine: number;
  readonly args: readonly bigint[];
}

export interface Verdict {
  readonly value: number;
  readonly steps: number;
}

/** The verdict of a program; it throws where the kernel would have refused the program. */
export function interpret(program: Uint8Array, input: SeccompInput): Verdict {
  const words = encodeInput(input);
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const count = program.byteLength / 8;
  let accumulator = 0;
  let at = 0;
  for (let steps = 1; ; steps += 1) {
    if (at >= count) throw new Error(`the program leaves its end at ${at}`);
    const code = view.getUint16(at * 8, true);
    const operand = view.getUint32(at * 8 + 4, true);
    at += 1;
    switch (code) {
      case 0x20:
        accumulator = loadWord(words, operand);
        break;
      case 0x54:
        accumulator = (accumulator & operand) >>> 0;
        break;
      case 0x05:
        at += operand;
        break;
      case 0x15:
        at += jumpFrom(at - 1, accumulator === operand);
        break;
      case 0x25:
        at += jumpFrom(at - 1, accumulator > operand);
        break;
      case 0x35:
        at += jumpFrom(at - 1, accumulator >= operand);
        break;
      case 0x45:
        at += jumpFrom(at - 1, (accumulator & operand) !== 0);
        break;
      case 0x06:
        return { value: operand, steps };
      default:
        throw new Error(`operation 0x${code.toString(16)} at ${at - 1} is not known`);
    }
  }

  function jumpFrom(index: number, holds: boolean): number {
    return view.getUint8(index * 8 + (holds ? 2 : 3));
  }
}

function loadWord(words: Uint32Array, offset: number): number {
  const word = words[offset / 4];
  if (word === undefined) throw new Error(`the load at offset ${offset} is outside or not aligned`);
  return word;
}

function encodeInput({ number, machine, args }: SeccompInput): Uint32Array {
  const halves = args.flatMap((arg) => [
    Number(BigInt.asUintN(32, arg)),
    Number(BigInt.asUintN(32, arg >> 32n)),
  ]);
  return Uint32Array.from([number, machine, 0, 0, ...halves]);
}
