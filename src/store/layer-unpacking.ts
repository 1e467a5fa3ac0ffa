import { EngineError } from "../base/errors.ts";
import type { GrowingFile, Growth } from "./growing-file.ts";
import type { LayerContent } from "./unpack-layer.ts";
import type { UnpackAnswer, UnpackRequest } from "./unpack-messages.ts";
import type { UnpackThread } from "./unpack-worker.ts";

export interface UnpackTarget {
  /** To be made. */
  readonly directory: string;
  readonly endMark: "required" | "optional";
  /** Is told how many bytes of the archive were used up. */
  readonly onRead?: (readBytes: number) => void;
}

type OmitJob<Message> = Message extends unknown ? Omit<Message, "job"> : never;

/** An archive that is being unpacked by another thread, or waits for one. */
export class LayerUnpacking implements AsyncDisposable {
  readonly #file: GrowingFile;
  readonly #target: UnpackTarget;
  readonly #onChange: () => void;
  readonly #unpacked = Promise.withResolvers<LayerContent>();
  readonly #inherited = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  #thread: UnpackThread | undefined;
  #job = 0;
  #watch: Disposable | undefined;
  #isBusy = true;

  /** `onChange` is called when the thread has room for more. */
  constructor(file: GrowingFile, target: UnpackTarget, onChange: () => void) {
    this.#file = file;
    this.#target = target;
    this.#onChange = onChange;
    // Whoever waits sees a failure; work that was given up has nobody who does.
    this.#unpacked.promise.catch(() => undefined);
    this.#inherited.promise.catch(() => undefined);
  }

  /** It is not unpacked yet. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** What the archive is, when all of it is unpacked. */
  get unpacked(): Promise<LayerContent> {
    return this.#unpacked.promise;
  }

  /** Gives implied directories what they have in the layers below, topmost first; then it is whole. */
  inherit(lowers: readonly string[]): Promise<void> {
    this.#send({ kind: "inherit", lowers });
    return this.#inherited.promise;
  }

  /** Gives it to a thread, unless nobody wants it any more. */
  begin(thread: UnpackThread): void {
    if (!this.#isBusy) return;
    const { directory, endMark } = this.#target;
    this.#thread = thread;
    this.#job = thread.add(this);
    this.#send({ kind: "unpack", path: this.#file.path, directory, endMark });
    this.#watch = this.#file.watch((growth) => this.#onGrowth(growth));
  }

  /** Takes an answer of the thread's. */
  receive(answer: UnpackAnswer): void {
    switch (answer.kind) {
      case "read":
        this.#target.onRead?.(answer.readBytes);
        return;
      case "unpacked":
        this.#unpacked.resolve(answer.content);
        this.#settle();
        return;
      case "inherited":
        this.#inherited.resolve();
        return;
      case "failed":
        this.abandon(new EngineError(answer.error.kind, answer.error.message));
        return;
      case "ended":
        this.abandon(givenUp());
    }
  }

  /** To be called when the thread does nothing for it any more. */
  abandon(cause: EngineError): void {
    this.#fail(cause);
    this.#thread?.remove(this.#job);
    this.#over.resolve();
    this.#settle();
  }

  /** Ends the work, and waits until the directory, which stays the caller's to remove, is left alone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(givenUp());
    if (this.#thread === undefined) this.abandon(givenUp());
    else this.#send({ kind: "end" });
    await this.#over.promise;
  }

  #onGrowth({ sizeBytes, isComplete, failure }: Growth): void {
    if (failure !== undefined) {
      this.#fail(failure);
      this.#send({ kind: "end" });
    } else if (sizeBytes > 0 || isComplete) {
      this.#send({ kind: "grow", sizeBytes, isComplete });
    }
  }

  #fail(cause: unknown): void {
    this.#unpacked.reject(cause);
    this.#inherited.reject(cause);
  }

  #settle(): void {
    if (!this.#isBusy) return;
    this.#isBusy = false;
    this.#watch?.[Symbol.dispose]();
    this.#onChange();
  }

  #send(request: OmitJob<UnpackRequest>): void {
    this.#thread?.send({ ...request, job: this.#job } as UnpackRequest);
  }
}

function givenUp(): EngineError {
  return new EngineError("internal", "The work was given up");
}
