import { EngineError } from "../base/errors.ts";
import type { SyscallAbi } from "./syscall-table.ts";

/** One way to make system calls, and how the kernel shows it to a filter. */
export interface SeccompArchitecture {
  readonly abi: SyscallAbi;
  /** AUDIT_ARCH_*, in `seccomp_data.arch`. */
  readonly audit: number;
  /** Arguments have 64 bits. */
  readonly wide: boolean;
}

/** In the numbers of x32, which the kernel shows as x86_64. */
export const X32_BIT = 0x4000_0000;

const X86_64: SeccompArchitecture = { abi: "x86_64", audit: 0xc000_003e, wide: true };
const AARCH64: SeccompArchitecture = { abi: "aarch64", audit: 0xc000_00b7, wide: true };

const ARCHITECTURES: ReadonlyMap<string, SeccompArchitecture> = new Map([
  ["SCMP_ARCH_X86_64", X86_64],
  ["SCMP_ARCH_X86", { abi: "x86", audit: 0x4000_0003, wide: false }],
  ["SCMP_ARCH_X32", { abi: "x32", audit: X86_64.audit, wide: false }],
  ["SCMP_ARCH_AARCH64", AARCH64],
  ["SCMP_ARCH_ARM", { abi: "arm", audit: 0x4000_0028, wide: false }],
]);

/** The architecture of the kernel that this runs on. */
export function nativeArchitecture(): SeccompArchitecture {
  return process.arch === "arm64" ? AARCH64 : X86_64;
}

/** An architecture by its name in a filter, such as `SCMP_ARCH_X86`. */
export function parseArchitecture(name: string): SeccompArchitecture {
  const known = ARCHITECTURES.get(name);
  if (known !== undefined) return known;
  const names = [...ARCHITECTURES.keys()].join(", ");
  throw new EngineError("invalid", `Cannot filter for architecture "${name}": known are ${names}`);
}
