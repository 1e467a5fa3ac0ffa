import { expect, test } from "bun:test";
import { interpret } from "../../test/support/bpf-interpreter.ts";
import { BPF, encodeProgram, type Label, ProgramBuilder } from "./bpf.ts";

const NUMBER = 0;

test("encodeProgram() writes struct sock_filter", () => {
  const program = [{ code: 0x15, jumpTrue: 1, jumpFalse: 255, operand: 0xfffffffe }];

  expect([...encodeProgram(program)]).toEqual([0x15, 0, 1, 255, 0xfe, 0xff, 0xff, 0xff]);
});

test("a program starts at the label that it is built from", () => {
  const builder = new ProgramBuilder();
  const seven = builder.return(7);
  builder.return(8);

  expect(verdict(builder, seven, 0)).toBe(7);
});

test("equal pieces are placed once", () => {
  const builder = new ProgramBuilder();
  const one = builder.load(
    NUMBER,
    builder.branch(isEqual(1), builder.return(1), builder.return(2)),
  );
  const two = builder.load(
    NUMBER,
    builder.branch(isEqual(1), builder.return(1), builder.return(2)),
  );

  expect(two).toBe(one);
  expect(builder.build(two)).toHaveLength(4);
});

test("a branch with one target is that target", () => {
  const builder = new ProgramBuilder();
  const end = builder.return(1);

  expect(builder.branch(isEqual(1), end, end)).toBe(end);
});

test.each([1, 2, 250, 251, 252, 253, 254, 255, 256, 257, 300, 1000])(
  "jumps over %i tests find both their targets",
  (count) => {
    const builder = new ProgramBuilder();
    const low = builder.load(4, builder.branch(isEqual(5), builder.return(10), builder.return(11)));
    const chain = ladder(builder, count);
    const start = builder.load(NUMBER, builder.branch(isEqual(1_000_000), low, chain));

    expect(verdict(builder, start, 1_000_000)).toBe(10);
    for (const number of [0, count >> 1, count - 1])
      expect(verdict(builder, start, number)).toBe(number + 100);
    expect(verdict(builder, start, count)).toBe(99);
  },
);

/** Tests for each number in turn, every one with an end of its own, so that the first is far away. */
function ladder(builder: ProgramBuilder, count: number): Label {
  let next = builder.return(99);
  for (let number = count - 1; number >= 0; number -= 1) {
    next = builder.branch(isEqual(number), builder.return(number + 100), next);
  }
  return next;
}

function isEqual(operand: number) {
  return { code: BPF.JUMP_EQ, operand };
}

function verdict(builder: ProgramBuilder, start: Label, number: number): number {
  const program = encodeProgram(builder.build(start));
  return interpret(program, { number, machine: 5, args: [] }).value;
}
