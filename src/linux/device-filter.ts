// cgroup v2 has no files for devices: an eBPF program decides about each open(2) and mknod(2).

import {
  type CgroupDeviceRule,
  type CheckedRule,
  checkDeviceRule,
  isTotal,
} from "./device-rule.ts";
import { Descriptor } from "./fd.ts";
import { addressOf, cString } from "./native.ts";
import { syscall } from "./syscall.ts";

/** One `struct bpf_insn`. */
interface Instruction {
  readonly code: number;
  readonly target?: number;
  readonly source?: number;
  readonly offset?: number;
  readonly immediate?: number;
}

// Classes and operations of linux/bpf.h; those of 32 bits, as majors and minors have no sign.
const LOAD_WORD = 0x61;
const MOVE = 0xb4;
const MOVE_REGISTER = 0xbc;
const AND = 0x54;
const SHIFT_RIGHT = 0x74;
const JUMP_EQUAL = 0x16;
const JUMP_NOT_EQUAL = 0x56;
const EXIT = 0x95;

// The registers: the result, the input, and what is read from it.
const RESULT = 0;
const INPUT = 1;
const TYPE = 2;
const WANTED = 3;
const MAJOR = 4;
const MINOR = 5;
const SCRATCH = 6;

// struct bpf_cgroup_dev_ctx: type and access in one word, then the device's numbers.
const MAJOR_OFFSET = 4;
const MINOR_OFFSET = 8;

const TYPES = { b: 1, c: 2 } as const;

const ACCESS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };

const INSTRUCTION_BYTES = 8;

// bpf(2)
const PROG_LOAD = 5;
const PROG_ATTACH = 8;
const TYPE_CGROUP_DEVICE = 15;
const ATTACH_CGROUP_DEVICE = 6;
const ALLOW_MULTI = 2;

/**
 * The program for these rules: a later one wins over an earlier one, for each kind of access by itself,
 * and what no rule speaks of is denied. A device is wanted with all kinds of access or not at all.
 */
export function compileDeviceFilter(rules: readonly CgroupDeviceRule[]): Uint8Array {
  // Last first: so each rule decides what those after it left open.
  const checked = rules.map(checkDeviceRule).reverse();
  const total = checked.findIndex(isTotal);
  // The kernel refuses a program with parts that nothing leads to.
  const effective = total < 0 ? checked : checked.slice(0, total);
  const end = answer(total >= 0 && checked[total]?.allow === true);
  return encode([...readInput(), ...effective.flatMap(placeRule), ...end]);
}

/** Puts a program over a cgroup of version 2, by a descriptor of its directory. It lives as long as that. */
export function attachDeviceFilter(cgroup: Descriptor, program: Uint8Array): void {
  using loaded = loadDeviceFilter(program);
  // MULTI: programs of the cgroups above stay in force, and one of a manager's may be beside it.
  const attributes = Uint32Array.of(
    cgroup.number,
    loaded.number,
    ATTACH_CGROUP_DEVICE,
    ALLOW_MULTI,
    0,
  );
  syscall("bpf", {
    subject: "attach device filter",
    args: [PROG_ATTACH, attributes, attributes.byteLength],
  });
}

/** Has the kernel check a program. bpf(2) */
export function loadDeviceFilter(program: Uint8Array): Descriptor {
  const license = cString("MIT");
  const attributes = new ArrayBuffer(48);
  const words = new Uint32Array(attributes);
  const addresses = new BigUint64Array(attributes);
  words[0] = TYPE_CGROUP_DEVICE;
  words[1] = program.byteLength / INSTRUCTION_BYTES;
  addresses[1] = BigInt(addressOf(program));
  addresses[2] = BigInt(addressOf(license));
  const args = [PROG_LOAD, words, words.byteLength];
  return new Descriptor(syscall("bpf", { subject: "load device filter", args }));
}

function readInput(): readonly Instruction[] {
  return [
    { code: LOAD_WORD, target: TYPE, source: INPUT },
    { code: MOVE_REGISTER, target: WANTED, source: TYPE },
    { code: AND, target: TYPE, immediate: 0xffff },
    { code: SHIFT_RIGHT, target: WANTED, immediate: 16 },
    { code: LOAD_WORD, target: MAJOR, source: INPUT, offset: MAJOR_OFFSET },
    { code: LOAD_WORD, target: MINOR, source: INPUT, offset: MINOR_OFFSET },
  ];
}

/** Each test that fails leads behind the rule. */
function placeRule(rule: CheckedRule): readonly Instruction[] {
  const body = rule.allow ? placeAllow(rule) : placeDeny(rule);
  const [type] = rule.types;
  const tests = [
    ...(type === undefined || rule.types.length > 1 ? [] : [{ target: TYPE, value: TYPES[type] }]),
    ...(rule.major === undefined ? [] : [{ target: MAJOR, value: rule.major }]),
    ...(rule.minor === undefined ? [] : [{ target: MINOR, value: rule.minor }]),
  ];
  const skips = tests.map(({ target, value }, index) => {
    const offset = tests.length - 1 - index + body.length;
    return { code: JUMP_NOT_EQUAL, target, immediate: value, offset };
  });
  return [...skips, ...body];
}

/** What the rule allows is not wanted of the earlier ones any more; if nothing is, that is the answer. */
function placeAllow({ access }: CheckedRule): readonly Instruction[] {
  const yes = answer(true);
  return [
    { code: AND, target: WANTED, immediate: ~accessMask(access) },
    { code: JUMP_NOT_EQUAL, target: WANTED, offset: yes.length },
    ...yes,
  ];
}

function placeDeny({ access }: CheckedRule): readonly Instruction[] {
  const no = answer(false);
  return [
    { code: MOVE_REGISTER, target: SCRATCH, source: WANTED },
    { code: AND, target: SCRATCH, immediate: accessMask(access) },
    { code: JUMP_EQUAL, target: SCRATCH, offset: no.length },
    ...no,
  ];
}

function answer(allow: boolean): readonly Instruction[] {
  return [{ code: MOVE, target: RESULT, immediate: allow ? 1 : 0 }, { code: EXIT }];
}

function accessMask(access: string): number {
  return [...access].reduce((mask, letter) => mask | (ACCESS[letter] ?? 0), 0);
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, instruction] of program.entries()) {
    const { code, target = 0, source = 0, offset = 0, immediate = 0 } = instruction;
    const at = index * INSTRUCTION_BYTES;
    view.setUint8(at, code);
    view.setUint8(at + 1, target | (source << 4));
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, immediate | 0, true);
  }
  return bytes;
}
