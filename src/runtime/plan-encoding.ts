import { EngineError } from "../base/errors.ts";
import type { Argument, Step } from "./step.ts";

/** A plan as init reads it, and which descriptors go beside it, in order. */
export interface EncodedPlan {
  readonly bytes: Uint8Array;
  readonly descriptors: readonly string[];
}

/** The limits of init/init.h: a plan beyond them would be refused there, with less to say. */
export const PLAN_LIMITS = {
  bytes: 4 * 1024 * 1024,
  steps: 1024,
  // Also of one step: its count has 16 bits.
  fields: 65_535,
  descriptors: 249,
} as const;

const END = Buffer.alloc(2);

/** Makes the bytes that init/plan.c takes: for each step a 16-bit count, then its fields; a zero ends it. */
export function encodePlan(steps: readonly Step[]): EncodedPlan {
  const fields = steps.reduce((count, { args }) => count + args.length + 1, 0);
  checkLimit("steps", steps.length);
  checkLimit("fields", fields);
  const descriptors = new Map<string, number>();
  const bytes = Buffer.concat([...steps.flatMap((step) => encodeStep(step, descriptors)), END]);
  checkLimit("bytes", bytes.byteLength);
  checkLimit("descriptors", descriptors.size);
  return { bytes, descriptors: [...descriptors.keys()] };
}

function checkLimit(name: keyof typeof PLAN_LIMITS, have: number): void {
  const most = PLAN_LIMITS[name];
  if (have <= most) return;
  const cure = "use fewer or shorter arguments, variables or mounts";
  throw new EngineError(
    "invalid",
    `Cannot start the program: its plan has ${have} ${name}, of ${most} at most; ${cure}`,
  );
}

function encodeStep(step: Step, descriptors: Map<string, number>): readonly Uint8Array[] {
  const head = Buffer.alloc(2);
  head.writeUInt16LE(step.args.length + 1);
  const fields = [step.op, ...step.args].map((value) => encodeField(value, descriptors));
  return [head, ...fields];
}

function encodeField(value: Argument, descriptors: Map<string, number>): Uint8Array {
  const content = value instanceof Uint8Array ? value : encodeText(value, descriptors);
  const field = Buffer.alloc(4 + content.byteLength + 1);
  field.writeUInt32LE(content.byteLength);
  field.set(content, 4);
  return field;
}

function encodeText(
  value: Exclude<Argument, Uint8Array>,
  descriptors: Map<string, number>,
): Uint8Array {
  if (typeof value === "object") return Buffer.from(String(placeOf(value.passed, descriptors)));
  const text = String(value);
  if (!text.includes("\0")) return Buffer.from(text);
  throw new EngineError(
    "invalid",
    `Cannot pass ${JSON.stringify(text)} to a program: it has a NUL`,
  );
}

function placeOf(name: string, descriptors: Map<string, number>): number {
  const known = descriptors.get(name);
  if (known !== undefined) return known;
  descriptors.set(name, descriptors.size);
  return descriptors.size - 1;
}
