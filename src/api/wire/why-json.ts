/** `GET /containers/{id}/why`, Sampan's own: what became of a container, in words. */
export interface WhyJson {
  readonly Id: string;
  readonly Name: string;
  readonly Status: string;
  /** One sentence. */
  readonly What: string;
  readonly Why: readonly string[];
  readonly Advice: readonly string[];
  readonly ExitCode: number;
  /** Such as `SIGKILL`; empty where the program ended by itself. */
  readonly Signal: string;
  readonly OOMKilled: boolean;
  /** In bytes. */
  readonly MemoryLimit?: number;
  readonly MemoryPeak?: number;
}
