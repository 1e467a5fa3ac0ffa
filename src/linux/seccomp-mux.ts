import type { SyscallAbi } from "./syscall-table.ts";

// On 32-bit x86 the C library may make these through one call whose first argument says which it is.
// Their own arguments are then in memory, where a filter cannot look. socketcall(2), ipc(2)

const SOCKETCALL = 102;

const IPC = 117;

const SOCKET_CALLS: Readonly<Record<string, number>> = {
  socket: 1,
  bind: 2,
  connect: 3,
  listen: 4,
  accept: 5,
  getsockname: 6,
  getpeername: 7,
  socketpair: 8,
  send: 9,
  recv: 10,
  sendto: 11,
  recvfrom: 12,
  shutdown: 13,
  setsockopt: 14,
  getsockopt: 15,
  sendmsg: 16,
  recvmsg: 17,
  accept4: 18,
  recvmmsg: 19,
  sendmmsg: 20,
};

const IPC_CALLS: Readonly<Record<string, number>> = {
  semop: 1,
  semget: 2,
  semctl: 3,
  semtimedop: 4,
  msgsnd: 11,
  msgrcv: 12,
  msgget: 13,
  msgctl: 14,
  shmat: 21,
  shmdt: 22,
  shmget: 23,
  shmctl: 24,
};

/** The call that this one can also be made through, and what its first argument is then. */
export interface MuxedCall {
  readonly number: number;
  readonly selector: number;
}

/** Finds out whether a call can also be made through another one. */
export function findMuxedCall(abi: SyscallAbi, name: string): MuxedCall | undefined {
  if (abi !== "x86") return undefined;
  const socket = own(SOCKET_CALLS, name);
  if (socket !== undefined) return { number: SOCKETCALL, selector: socket };
  const ipc = own(IPC_CALLS, name);
  return ipc === undefined ? undefined : { number: IPC, selector: ipc };
}

function own(table: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
