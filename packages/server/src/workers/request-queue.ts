import { ROW_OPERATIONS, type WorkerRequest, type WorkerResponse } from "./messages.ts";

/** A request that waits for a worker. */
export interface QueuedRequest {
  readonly model: string;
  readonly request: WorkerRequest;
  readonly resolve: (response: WorkerResponse) => void;
  readonly reject: (error: unknown) => void;
  /** By when it must have been given to a worker, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** How often a worker has ended on it. */
  attempts: number;
  /** `true` if no client waits for the answer any longer. */
  readonly isGone: () => boolean;
}

/** Requests that are answered by one run of a model. */
const MOST_REQUESTS = 64;
const MOST_BYTES = 1 << 16;
/** Waiting requests that are looked at for it. */
const MOST_LOOKS = 512;

/** Requests in the order in which they came. */
export class RequestQueue {
  private readonly waiting: QueuedRequest[] = [];

  get length(): number {
    return this.waiting.length;
  }

  add(request: QueuedRequest): void {
    this.waiting.push(request);
  }

  /** Puts requests at the front of the queue. */
  addFirst(requests: readonly QueuedRequest[]): void {
    this.waiting.unshift(...requests);
  }

  /**
   * The first request, and with one for log-densities or reasons small ones of the same model and operation, which are
   * computed with it. A request on which a worker has ended is taken alone, for it may be the cause.
   */
  takeBatch(): readonly QueuedRequest[] {
    const first = this.waiting.shift();
    if (first === undefined) return [];
    if (!ROW_OPERATIONS.has(first.request.operation) || first.attempts > 0) return [first];
    const batch = [first];
    let bytes = first.request.body.length;
    const left: QueuedRequest[] = [];
    let looked = 0;
    for (; looked < this.waiting.length && looked < MOST_LOOKS && batch.length < MOST_REQUESTS; looked++) {
      const other = this.waiting[looked] as QueuedRequest;
      const isFit =
        other.model === first.model &&
        other.request.operation === first.request.operation &&
        other.attempts === 0 &&
        bytes + other.request.body.length <= MOST_BYTES;
      if (isFit) {
        batch.push(other);
        bytes += other.request.body.length;
      } else left.push(other);
    }
    this.waiting.splice(0, looked, ...left);
    return batch;
  }

  /** Takes out the requests that have waited too long. */
  takeLate(now: number): readonly QueuedRequest[] {
    if (!this.waiting.some(({ deadline }) => deadline < now)) return [];
    const late = this.waiting.filter(({ deadline }) => deadline < now);
    const rest = this.waiting.filter(({ deadline }) => deadline >= now);
    this.waiting.splice(0, this.waiting.length, ...rest);
    return late;
  }
}
