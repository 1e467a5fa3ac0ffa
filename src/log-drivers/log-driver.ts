// Sends a container's log to where it is collected: bytes out, nothing else. What a container is, and
// what was sent already, the engine knows.

/** One line of a container's output. */
export interface LogMessage {
  readonly stream: "stdout" | "stderr";
  /** Nanoseconds since the epoch. */
  readonly timeNs: bigint;
  /** Without its line end. */
  readonly text: string;
  /** The line goes on in the next message. */
  readonly partial: boolean;
}

/** A receiver of messages, connected. */
export interface LogDriver {
  /** Resolves when all of them are out of the daemon's hands; they may come twice after a failure. */
  send(messages: readonly LogMessage[]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Connects to a receiver, or says why it cannot. */
export type OpenLogDriver = () => Promise<LogDriver>;

/** Of whom the messages are. */
export interface LogOrigin {
  readonly containerId: string;
  readonly containerName: string;
  readonly imageId: string;
  readonly imageName: string;
  readonly command: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly hostname: string;
  readonly tag: string;
  /** Labels and variables that go along. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A driver's settings, by Docker's names. */
export type LogSettings = Readonly<Record<string, string>>;
