import { EngineError } from "../base/errors.ts";

/**
 * A filter, in the shape of the OCI runtime specification's `linux.seccomp`. A call that no rule matches
 * gets the default action. Of a call's rules the first without conditions wins; else the first that matches.
 */
export interface SeccompFilter {
  readonly defaultAction: SeccompActionName;
  readonly defaultErrnoRet?: number;
  /** Those besides the machine's own, such as `SCMP_ARCH_X86`. */
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly SeccompFilterRule[];
}

/** What happens to some calls. Conditions on different arguments must all hold. */
export interface SeccompFilterRule {
  readonly names: readonly string[];
  readonly action: SeccompActionName;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompCondition[];
}

/** A comparison of one argument, which is an unsigned number, with a value. */
export interface SeccompCondition {
  readonly index: number;
  /** For `SCMP_CMP_MASKED_EQ` this is the mask. */
  readonly value: number | bigint;
  readonly valueTwo?: number | bigint;
  readonly op: keyof typeof OPERATORS;
}

/** The comparisons, by the specification's names. */
export const OPERATORS = {
  SCMP_CMP_NE: "!=",
  SCMP_CMP_LT: "<",
  SCMP_CMP_LE: "<=",
  SCMP_CMP_EQ: "==",
  SCMP_CMP_GE: ">=",
  SCMP_CMP_GT: ">",
  SCMP_CMP_MASKED_EQ: "&==",
} as const;

/** An action's name, such as `SCMP_ACT_ERRNO`. */
export type SeccompActionName = keyof typeof ACTIONS;

// The values are SECCOMP_RET_*; the lower half of ERRNO's and TRACE's is free for a number.
const ACTIONS = {
  SCMP_ACT_KILL: 0x0000_0000,
  SCMP_ACT_KILL_THREAD: 0x0000_0000,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
} as const;

const PERMISSIVE: ReadonlySet<SeccompActionName> = new Set([
  "SCMP_ACT_ALLOW",
  "SCMP_ACT_LOG",
  "SCMP_ACT_TRACE",
]);

const EPERM = 1;

const ENOSYS = 38;

/** What the program returns for a call on a machine that the filter does not speak of. */
export const BAD_ARCHITECTURE = ACTIONS.SCMP_ACT_KILL_THREAD;

/** What it returns for a call that is newer than the filter. */
export const NO_SUCH_CALL = ACTIONS.SCMP_ACT_ERRNO | ENOSYS;

/** Whether this names an action that a filter can have. */
export function isSeccompAction(name: string): name is SeccompActionName {
  return Object.hasOwn(ACTIONS, name);
}

/** Whether this names a comparison. */
export function isSeccompOperator(name: string): name is SeccompCondition["op"] {
  return Object.hasOwn(OPERATORS, name);
}

/** Whether the call goes on under this action; a tracer is trusted to deal with what it does not know. */
export function isPermissive(action: SeccompActionName): boolean {
  return PERMISSIVE.has(action);
}

/** What the program returns for an action. Without a number, ERRNO and TRACE carry EPERM. */
export function returnValue(action: SeccompActionName, errno: number | undefined): number {
  if (action !== "SCMP_ACT_ERRNO" && action !== "SCMP_ACT_TRACE") {
    // "When the action does not support an errno, the runtime MUST print and error and fail."
    if (errno !== undefined) {
      throw new EngineError("invalid", `Cannot give seccomp action ${action} an errno (${errno})`);
    }
    return ACTIONS[action];
  }
  const number = errno ?? EPERM;
  if (!Number.isInteger(number) || number < 0 || number > 0xffff) {
    throw new EngineError("invalid", `Cannot use ${number} as seccomp errno: want 0 to 65535`);
  }
  return ACTIONS[action] | number;
}
