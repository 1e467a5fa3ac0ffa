// Classic BPF: the little language of seccomp filters. Jumps go forwards only, so a program is built
// from its end: whoever jumps knows its target already. seccomp(2), Linux's networking/filter.rst

/** One `struct sock_filter`. */
export interface Instruction {
  readonly code: number;
  /** How many instructions a test skips when it holds. */
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly operand: number;
}

/** A place in a program that is built from its end: how many instructions there are from it on. */
export type Label = number;

/** The operation codes that a seccomp filter needs. */
export const BPF = {
  LOAD: 0x20,
  AND: 0x54,
  JUMP: 0x05,
  JUMP_EQ: 0x15,
  JUMP_GT: 0x25,
  JUMP_GE: 0x35,
  RETURN: 0x06,
} as const;

/** A test of the accumulator: one of the conditional jumps, and what to compare with. */
export interface Test {
  readonly code: number;
  readonly operand: number;
}

/** More than this the kernel refuses: BPF_MAXINSNS. */
export const MAX_INSTRUCTIONS = 4096;

const INSTRUCTION_BYTES = 8;

const MAX_SKIP = 255;

/** Builds a program from its last instruction to its first. Equal pieces are placed only once. */
export class ProgramBuilder {
  readonly #reversed: Instruction[] = [];
  readonly #placed = new Map<string, Label>();

  /** Ends the program with this value. */
  return(value: number): Label {
    const key = `${BPF.RETURN} ${value}`;
    return this.#placed.get(key) ?? this.#remember(key, this.#place(BPF.RETURN, value));
  }

  /** Puts the word at this offset of the input into the accumulator, then goes on. */
  load(offset: number, next: Label): Label {
    return this.#then(BPF.LOAD, offset, next);
  }

  /** Keeps only the bits of the accumulator that are in the mask, then goes on. */
  and(mask: number, next: Label): Label {
    return this.#then(BPF.AND, mask, next);
  }

  /** Goes one way or the other. */
  branch({ code, operand }: Test, onTrue: Label, onFalse: Label): Label {
    if (onTrue === onFalse) return onTrue;
    const key = `${code} ${operand} ${onTrue} ${onFalse}`;
    const known = this.#placed.get(key);
    if (known !== undefined) return known;

    // Making one target near can push the other out of reach, hence the room for two more.
    const nearTrue = this.#reach(onTrue);
    const nearFalse = this.#reach(onFalse);
    const here = this.#reversed.length;
    this.#reversed.push({
      code,
      operand,
      jumpTrue: here - nearTrue,
      jumpFalse: here - nearFalse,
    });
    return this.#remember(key, this.#reversed.length);
  }

  /** The whole program, which starts at the label that was made last. */
  build(start: Label): readonly Instruction[] {
    if (start !== this.#reversed.length) this.#jump(start);
    return this.#reversed.toReversed();
  }

  #then(code: number, operand: number, next: Label): Label {
    const key = `${code} ${operand} ${next}`;
    const known = this.#placed.get(key);
    if (known !== undefined) return known;
    if (next !== this.#reversed.length) this.#jump(next);
    return this.#remember(key, this.#place(code, operand));
  }

  /** A conditional jump has 8 bits; a farther target is reached over a long jump, or copied if it ends. */
  #reach(label: Label): Label {
    if (this.#reversed.length - label <= MAX_SKIP - 2) return label;
    const target = this.#reversed[label - 1];
    if (target?.code !== BPF.RETURN) return this.#jump(label);
    return this.#remember(
      `${BPF.RETURN} ${target.operand}`,
      this.#place(BPF.RETURN, target.operand),
    );
  }

  #jump(label: Label): Label {
    return this.#place(BPF.JUMP, this.#reversed.length - label);
  }

  #place(code: number, operand: number): Label {
    return this.#reversed.push({ code, operand, jumpTrue: 0, jumpFalse: 0 });
  }

  #remember(key: string, label: Label): Label {
    this.#placed.set(key, label);
    return label;
  }
}

/** The bytes of `struct sock_filter[]`. Every machine that this runs on is little-endian. */
export function encodeProgram(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jumpTrue, jumpFalse, operand }] of program.entries()) {
    const offset = index * INSTRUCTION_BYTES;
    view.setUint16(offset, code, true);
    view.setUint8(offset + 2, jumpTrue);
    view.setUint8(offset + 3, jumpFalse);
    view.setUint32(offset + 4, operand, true);
  }
  return bytes;
}
