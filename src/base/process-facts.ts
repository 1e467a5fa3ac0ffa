/** What the kernel tells of a process. Times are in ticks of a hundredth of a second. */
export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** As ps has it: `S`, `R`, `D`, `Z`, `T`. */
  readonly state: string;
  /** The number of its terminal; 0: none. */
  readonly terminal: number;
  /** The process group in the foreground of its terminal. */
  readonly foreground: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly priority: number;
  readonly nice: number;
  readonly threads: number;
  /** Since the host was started. */
  readonly startTicks: number;
  readonly virtualBytes: number;
  readonly residentPages: number;
  readonly processor: number;
  readonly policy: number;
  readonly name: string;
  /** Empty for a kernel's thread and for one that has ended. */
  readonly commandLine: readonly string[];
  readonly uids: Ids;
  readonly gids: Ids;
  readonly lockedPages: boolean;
}

export interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
}
