import type { ExplainedPlan, ExplainedStep } from "../../base/explained-plan.ts";
import { align } from "./align.ts";

/** A few steps say more than fits: only their own reason moves, not everybody's. */
const WHAT_WIDTH = 60;

/** A plan as people read it: the host's part, then each step, then what was seen of it running. */
export function formatPlan(plan: ExplainedPlan): string {
  const sections = [
    ...section("On the host, around the container:", describePhases(plan)),
    ...section("In the container, one after the other:", describeSteps(plan)),
    ...section("Seen while it ran:", describeFindings(plan)),
    ...section("Warnings:", plan.warnings ?? []),
  ];
  return sections.join("\n");
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}\n${indent(align(lines))}`];
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

function describePhases({ phases }: ExplainedPlan): readonly string[] {
  if (phases.length === 0) return [];
  const timed = phases.some(({ tookNs }) => tookNs !== undefined);
  const rows = phases.map(({ name, what, tookNs }) => [name, ...cells(timed, tookNs), what]);
  return [["PHASE", ...(timed ? ["TOOK"] : []), "WHAT"], ...rows].map((row) => row.join("\t"));
}

function describeSteps({ steps, failed }: ExplainedPlan): readonly string[] {
  if (steps.length === 0) return [];
  const timed = steps.some(({ tookNs }) => tookNs !== undefined);
  const rows = steps.map((step) => [
    `${step.index}${step.index === failed?.step ? " !" : ""}`,
    step.op,
    ...cells(timed, step.tookNs),
    `${step.what.padEnd(WHAT_WIDTH)}   ${step.why}`,
  ]);
  const reason = `${"WHAT".padEnd(WHAT_WIDTH)}   WHY`;
  return [["STEP", "OP", ...(timed ? ["TOOK"] : []), reason], ...rows].map((row) => row.join("\t"));
}

function cells(timed: boolean, tookNs: ExplainedStep["tookNs"]): readonly string[] {
  if (!timed) return [];
  return [tookNs === undefined ? "" : formatNanoseconds(tookNs)];
}

function describeFindings({ containerId, pids, namespaces, failed }: ExplainedPlan) {
  // A plan that was not carried out names a container that will never be.
  if (pids === undefined && failed === undefined) return [];
  const rows: string[] = [];
  if (containerId !== undefined) rows.push(`container\t${containerId}`);
  if (pids !== undefined) rows.push(`process\t${pids.inside} inside, ${pids.outside} on the host`);
  for (const [name, inode] of Object.entries(namespaces ?? {})) {
    rows.push(`${name} namespace\t${name}:[${inode}]`);
  }
  if (failed !== undefined) rows.push(`failed\tstep ${failed.step}: ${failed.error}`);
  return rows;
}

/** A length of time with three digits, such as `12.3 µs`. */
export function formatNanoseconds(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${nanoseconds} ns`;
  if (nanoseconds < 1e6) return `${threeDigits(nanoseconds / 1e3)} µs`;
  if (nanoseconds < 1e9) return `${threeDigits(nanoseconds / 1e6)} ms`;
  return `${threeDigits(nanoseconds / 1e9)} s`;
}

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}
