import { ContainerApi } from "./containers.ts";
import type { Endpoint } from "./endpoint.ts";
import { ExecApi } from "./execs.ts";
import { ImageApi } from "./images.ts";
import { SystemApi } from "./system.ts";
import { type Tracer, Transport } from "./transport.ts";

/** A daemon's API, one member a resource. It holds no connection that would have to be closed. */
export class Client {
  readonly containers: ContainerApi;
  readonly execs: ExecApi;
  readonly images: ImageApi;
  readonly system: SystemApi;
  readonly transport: Transport;

  constructor(endpoint: Endpoint, trace?: Tracer) {
    this.transport = new Transport(endpoint, trace);
    this.containers = new ContainerApi(this.transport);
    this.execs = new ExecApi(this.transport);
    this.images = new ImageApi(this.transport);
    this.system = new SystemApi(this.transport);
  }
}
