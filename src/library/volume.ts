import type { ApiTransport } from "../client/api-transport.ts";
import { VolumeApi } from "../client/volumes.ts";
import { unlessGone } from "./gone.ts";

/** How a volume is made. */
export interface VolumeOptions {
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The driver's own. */
  readonly options?: Readonly<Record<string, string>>;
}

/** A volume. At the end of an `await using` it is removed, with all that is in it. */
export class Volume {
  readonly name: string;
  readonly #api: VolumeApi;

  constructor(transport: ApiTransport, name: string) {
    this.name = name;
    this.#api = new VolumeApi(transport);
  }

  /** Everything that the daemon says of it. */
  inspect(): Promise<unknown> {
    return this.#api.getRaw(this.name);
  }

  /** Removes it. That it is gone is no error. */
  async remove(): Promise<void> {
    await unlessGone(this.#api.remove(this.name, { force: false }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}
