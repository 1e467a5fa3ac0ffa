import TABLE from "./syscall-table.txt" with { type: "text" };

/** The system call interfaces that filters are compiled for, by the table's names. */
export type SyscallAbi = "x86_64" | "x86" | "x32" | "aarch64" | "arm";

const parsed = new Map<SyscallAbi, ReadonlyMap<string, number>>();

/** The numbers of one interface, by name. Calls that it does not have are not in the map. */
export function syscallNumbers(abi: SyscallAbi): ReadonlyMap<string, number> {
  const known = parsed.get(abi);
  if (known !== undefined) return known;
  const numbers = parseColumn(abi);
  parsed.set(abi, numbers);
  return numbers;
}

/** The first line names the columns; a hyphen stands for a call that an interface lacks. */
function parseColumn(abi: SyscallAbi): ReadonlyMap<string, number> {
  const [head = "", ...rows] = TABLE.trimEnd().split("\n");
  const column = head.slice("# ".length).split(" ").indexOf(abi);
  const numbers = new Map<string, number>();
  for (const row of rows) {
    const cells = row.split(" ");
    const [name = ""] = cells;
    const number = cells[column] ?? "-";
    if (number !== "-") numbers.set(name, Number(number));
  }
  return numbers;
}
