// Writes src/linux/syscall-table.txt: every system call's number on each architecture.
//
//     bun scripts/make-syscall-table.ts > src/linux/syscall-table.txt
//
// The numbers come from libseccomp, which knows all architectures on any machine. Calls that are newer
// than the installed libseccomp are added below; from 424 on a call's number is everywhere the same.

import { CString, dlopen, FFIType } from "bun:ffi";

const ARCHITECTURES = [
  { name: "x86_64", audit: 0xc000003e, first: 0 },
  { name: "x86", audit: 0x40000003, first: 0 },
  // libseccomp tells x32 apart by the machine, the kernel by this bit of the number.
  { name: "x32", audit: 0x4000003e, first: 0x40000000 },
  { name: "aarch64", audit: 0xc00000b7, first: 0 },
  { name: "arm", audit: 0x40000028, first: 0 },
];

const HIGHEST = 600;

// Arm's own calls, such as cacheflush, stand far above the others.
const ARM_PRIVATE = 0x0f0000;

const NEWER: Readonly<Record<string, number>> = {
  cachestat: 451,
  fchmodat2: 452,
  map_shadow_stack: 453,
  futex_wake: 454,
  futex_wait: 455,
  futex_requeue: 456,
  statmount: 457,
  listmount: 458,
  lsm_get_self_attr: 459,
  lsm_set_self_attr: 460,
  lsm_list_modules: 461,
  mseal: 462,
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
  open_tree_attr: 467,
  file_getattr: 468,
  file_setattr: 469,
  listns: 470,
};

const NEWER_X86_64: Readonly<Record<string, number>> = { uretprobe: 335, uprobe: 336 };

const { symbols: seccomp } = dlopen("libseccomp.so.2", {
  seccomp_syscall_resolve_num_arch: { args: [FFIType.u32, FFIType.i32], returns: FFIType.ptr },
});
const { symbols: libc } = dlopen("libc.so.6", {
  free: { args: [FFIType.ptr], returns: FFIType.void },
});

const columns = ARCHITECTURES.map(({ name, audit, first }) => {
  const numbers = new Map<string, number>();
  for (let index = 0; index < HIGHEST; index += 1) add(numbers, audit, first + index);
  if (name === "arm") {
    for (let index = 0; index < 16; index += 1) add(numbers, audit, ARM_PRIVATE + index);
  }
  if (name === "x86_64") {
    for (const [call, number] of Object.entries(NEWER_X86_64)) numbers.set(call, number);
  }
  for (const [call, number] of Object.entries(NEWER)) numbers.set(call, first + number);
  return numbers;
});

const names = [...new Set(columns.flatMap((numbers) => [...numbers.keys()]))].sort();
const rows = names.map((name) => [name, ...columns.map((numbers) => numbers.get(name) ?? "-")]);

process.stdout.write(`# ${["name", ...ARCHITECTURES.map(({ name }) => name)].join(" ")}\n`);
for (const row of rows) process.stdout.write(`${row.join(" ")}\n`);

function add(numbers: Map<string, number>, audit: number, number: number): void {
  const text = seccomp.seccomp_syscall_resolve_num_arch(audit, number);
  if (text === null) return;
  numbers.set(new CString(text).toString(), number);
  libc.free(text);
}
