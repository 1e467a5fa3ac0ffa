import { EngineError } from "../base/errors.ts";
import { SysError, trySyscall } from "./syscall.ts";

/** The resources that getrlimit(2) knows, by the names of the OCI runtime specification. */
export const RLIMITS = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const;

/** A resource's name, such as `RLIMIT_NOFILE`. */
export type RlimitName = keyof typeof RLIMITS;

/** No limit: RLIM_INFINITY. */
export const UNLIMITED = 0xffff_ffff_ffff_ffffn;

/** What a process may use now, and up to where it may raise that itself. */
export interface ResourceLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** The resource's number, by its name in any case, with or without `RLIMIT_`, as in `--ulimit nofile`. */
export function parseRlimit(text: string): number {
  const name = text.toUpperCase();
  const number = findRlimit(name) ?? findRlimit(`RLIMIT_${name}`);
  if (number === undefined) throw new EngineError("invalid", `invalid ulimit type: ${text}`);
  return number;
}

/** The limit of a process (0: of this one). prlimit(2) */
export function getRlimit(pid: number, name: RlimitName): ResourceLimit {
  const pair = new BigUint64Array(2);
  const result = trySyscall("prlimit64", pid, RLIMITS[name], 0, pair);
  if (result < 0) throw new SysError("prlimit64", name, -result);
  const [soft = 0n, hard = 0n] = pair;
  return { soft, hard };
}

function findRlimit(name: string): number | undefined {
  return Object.hasOwn(RLIMITS, name) ? RLIMITS[name as RlimitName] : undefined;
}

/** Sets a limit of a process; -1 stands for none. prlimit(2) */
export function setRlimit(
  pid: number,
  name: RlimitName,
  limit: { readonly soft: number; readonly hard: number },
): void {
  const word = (value: number) => (value < 0 ? UNLIMITED : BigInt(value));
  const pair = BigUint64Array.of(word(limit.soft), word(limit.hard));
  const result = trySyscall("prlimit64", pid, RLIMITS[name], pair, 0);
  if (result < 0)
    throw new SysError("prlimit64", `${name} of ${limit.soft}:${limit.hard}`, -result);
}

/** Whether this is a resource's name in full, such as `RLIMIT_NOFILE`. */
export function isRlimit(name: string): name is RlimitName {
  return Object.hasOwn(RLIMITS, name);
}
