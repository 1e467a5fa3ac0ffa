/** A request that breaks the protocol or its limits. After one the connection cannot be trusted and closes. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
