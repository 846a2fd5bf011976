/** A request that is not answered, for a reason that is not in it. */
export class UnavailableError extends Error {
  readonly status: number;

  constructor(message: string, status: 500 | 503 | 504) {
    super(message);
    this.status = status;
  }
}
