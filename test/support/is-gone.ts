/** Whether no process has this number; one that nobody has waited for yet still has it. kill(2) */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
