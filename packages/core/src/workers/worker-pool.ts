import { type ErrorData, errorFromData, errorToData } from "../errors/error-data.ts";
import { BackendError } from "../errors/errors.ts";
import { serveWorker, type WorkerEnd, type WorkerHandle, WorkerLink } from "./worker-link.ts";

/** How a {@link WorkerPool} works. */
export interface WorkerPoolOptions {
  /** Starts a worker with a program that calls {@link serveRequests}. */
  readonly open: () => WorkerHandle;
  readonly threads: number;
  /** Plain data sent to each worker at its start. */
  readonly told?: unknown;
  /** Maximum pending requests per worker. With 2, the next request is available when one is done. Default: 1. */
  readonly ahead?: number | undefined;
  /** True to replace a failed worker. Default: false, the remaining workers continue. */
  readonly renews?: boolean | undefined;
  /** The error of the requests of a worker that has ended. */
  readonly endError: (end: WorkerEnd) => Error;
  /** The error that an answer brings. Default: {@link errorFromData}. */
  readonly errorOf?: ((data: ErrorData) => Error) | undefined;
}

/** The needed part of an `AbortSignal`, whose type not every project has. */
interface AbortSource {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Options of a request. */
export interface RequestOptions {
  /** Aborting stops the wait: a queued request is dropped, and the answer of a running one is ignored. */
  readonly signal?: AbortSource | undefined;
  /** Buffers that the worker gets instead of copies. */
  readonly transfer?: ArrayBuffer[] | undefined;
}

/** An item of some work and its answer. */
export interface Answered<Item, Answer> {
  readonly item: Item;
  readonly answer: Answer;
}

interface Task {
  readonly request: unknown;
  readonly transfer: ArrayBuffer[];
  resolve(answer: never): void;
  reject(error: unknown): void;
}

type Reply = { readonly id: number; readonly answer: never } | { readonly id: number; readonly error: ErrorData };

/**
 * Workers of Node or of a browser that answer requests. A worker starts on demand, and keeps a process alive only while it has
 * work. Errors of a worker reject its requests.
 */
export class WorkerPool<Request, Answer> {
  private readonly options: WorkerPoolOptions;
  private readonly seats: Set<Seat> = new Set();
  private readonly waiting: Task[] = [];
  private places: number;
  private end: Error | undefined;

  constructor(options: WorkerPoolOptions) {
    this.options = options;
    this.places = options.threads;
  }

  /** Starts all workers. */
  openAll(): void {
    while (this.seats.size < this.places) this.open();
  }

  /**
   * Waits until all workers are ready.
   *
   * @throws the startup error of a worker.
   */
  async ready(): Promise<void> {
    this.openAll();
    await Promise.all([...this.seats].map((seat) => seat.ready()));
  }

  /**
   * The answer of a worker to a request.
   *
   * @throws the error of the worker, the error of its termination, or the reason of the signal.
   */
  run(request: Request, { signal, transfer = [] }: RequestOptions = {}): Promise<Answer> {
    if (this.end !== undefined) return Promise.reject(this.end);
    if (signal?.aborted) return Promise.reject(signal.reason);
    let task: Task;
    const answer = new Promise<Answer>((resolve, reject) => {
      task = { request, transfer, resolve, reject };
      this.waiting.push(task);
    });
    this.assign();
    if (signal === undefined) return answer;
    const abort = (): void => {
      const place = this.waiting.indexOf(task);
      if (place >= 0) this.waiting.splice(place, 1);
      task.reject(signal.reason);
    };
    signal.addEventListener("abort", abort);
    return answer.finally(() => signal.removeEventListener("abort", abort));
  }

  /**
   * The answers for items, in order. Items are taken only when a worker has capacity.
   *
   * @throws the first error, in this order.
   */
  async *inOrder<Item>(
    items: AsyncIterable<Item> | Iterable<Item>,
    request: (item: Item) => Request,
  ): AsyncGenerator<Answered<Item, Answer>> {
    const most = this.options.threads * (this.options.ahead ?? 1);
    const begun: { readonly item: Item; readonly answer: Promise<Answer> }[] = [];
    const next = async (): Promise<Answered<Item, Answer>> => {
      const { item, answer } = begun.shift() as (typeof begun)[number];
      return { item, answer: await answer };
    };
    for await (const item of items) {
      const answer = this.run(request(item));
      // It is told when its turn comes.
      answer.catch(() => undefined);
      begun.push({ item, answer });
      if (begun.length >= most) yield await next();
    }
    while (begun.length > 0) yield await next();
  }

  /** Terminates all workers. Pending requests fail. */
  async close(): Promise<void> {
    this.end ??= new BackendError("workers: expected to go on, got a pool that is closed.");
    const { end } = this;
    const seats = [...this.seats];
    this.seats.clear();
    this.refuse(end);
    await Promise.all(seats.map((seat) => seat.stop(end)));
  }

  /** Assigns queued requests to workers with capacity. */
  private assign(): void {
    while (this.waiting.length > 0) {
      try {
        const seat = this.seatWithRoom();
        if (seat === undefined) return;
        seat.send(this.waiting.shift() as Task);
      } catch (error) {
        // Where no worker can start.
        this.waiting.shift()?.reject(error);
      }
    }
  }

  /** An idle worker, or else a new one, or else the one with the fewest requests. */
  private seatWithRoom(): Seat | undefined {
    const [first] = [...this.seats].sort((a, b) => a.load - b.load);
    if (first?.load === 0) return first;
    if (this.seats.size < this.places) return this.open();
    return first !== undefined && first.load < (this.options.ahead ?? 1) ? first : undefined;
  }

  private open(): Seat {
    const { endError, errorOf = errorFromData } = this.options;
    const seat: Seat = new Seat(this.options.open(), {
      ended: (end) => this.leave(seat, endError(end)),
      failed: (error) => void this.leave(seat, error),
      isFree: () => this.assign(),
      errorOf,
    });
    this.seats.add(seat);
    seat.start(this.options.told);
    return seat;
  }

  /** A worker has ended, or could not start. */
  private leave(seat: Seat, error: Error): Error {
    if (!this.seats.delete(seat)) return error;
    void seat.stop(error);
    if (!this.options.renews) this.places -= 1;
    if (this.places === 0) {
      this.end ??= error;
      this.refuse(this.end);
    }
    this.assign();
    return error;
  }

  private refuse(error: Error): void {
    for (const task of this.waiting.splice(0)) task.reject(error);
  }
}

/** Events of a worker for its pool. */
interface SeatListener {
  ended(end: WorkerEnd): Error;
  failed(error: Error): void;
  isFree(): void;
  errorOf(data: ErrorData): Error;
}

/** A worker of a pool, and the requests that it has. */
class Seat {
  private readonly link: WorkerLink;
  private readonly listener: SeatListener;
  private readonly tasks: Map<number, Task> = new Map();
  private started: Promise<void> = Promise.resolve();
  private next = 0;

  constructor(worker: WorkerHandle, listener: SeatListener) {
    this.listener = listener;
    this.link = new WorkerLink(worker, (end) => listener.ended(end));
  }

  /** Number of its requests. */
  get load(): number {
    return this.tasks.size;
  }

  start(told: unknown): void {
    this.started = this.link.start(told, this.listener.errorOf).then(() => {
      this.link.onmessage = ({ data }) => this.answered(data as Reply);
      this.hold();
    });
    this.started.catch((error) => this.listener.failed(error));
  }

  async ready(): Promise<void> {
    await this.started;
  }

  send(task: Task): void {
    const id = this.next++;
    this.tasks.set(id, task);
    this.hold();
    const post = (): void => {
      try {
        this.link.postMessage({ id, request: task.request }, task.transfer);
      } catch (error) {
        // What cannot be sent, such as a function.
        this.done(id)?.reject(error);
      }
    };
    this.started.then(post, () => undefined);
  }

  /** Stops the worker, and rejects its requests. */
  async stop(error: Error): Promise<void> {
    for (const { reject } of this.tasks.values()) reject(error);
    this.tasks.clear();
    await this.link.stop(error);
  }

  private answered(reply: Reply): void {
    const task = this.done(reply.id);
    if ("error" in reply) task?.reject(this.listener.errorOf(reply.error));
    else task?.resolve(reply.answer);
  }

  private done(id: number): Task | undefined {
    const task = this.tasks.get(id);
    this.tasks.delete(id);
    this.listener.isFree();
    this.hold();
    return task;
  }

  /** Only a worker with requests keeps the process alive. */
  private hold(): void {
    if (this.tasks.size > 0) this.link.ref();
    else this.link.unref();
  }
}

type Answerer<Request, Answer> = (request: Request) => Promise<Answer> | Answer;

/**
 * The program of a worker of a {@link WorkerPool}.
 *
 * @param open creates the request handler from the data of the worker. If it throws, the worker fails with this error.
 */
export function serveRequests<Told, Request, Answer>(
  open: (told: Told) => Promise<Answerer<Request, Answer>> | Answerer<Request, Answer>,
): void {
  serveWorker<Told>(async (told, port) => {
    const answer = await open(told);
    port.onmessage = async ({ data }) => {
      const { id, request } = data as { readonly id: number; readonly request: Request };
      try {
        port.postMessage({ id, answer: await answer(request) });
      } catch (error) {
        // Also what cannot be sent.
        port.postMessage({ id, error: errorToData(error) });
      }
    };
  });
}
