import { setTimeout as delay } from "node:timers/promises";
import type { Lane, ModelVersion, ServedColumn, WorkerRequest, WorkerResponse, WorkerSettings } from "./messages.ts";
import { type QueuedRequest, RequestQueue } from "./request-queue.ts";
import { UnavailableError } from "./unavailable-error.ts";
import { WorkerEnded, WorkerSlot } from "./worker-slot.ts";

/** How a pool of workers runs. */
export interface WorkerPoolOptions extends WorkerSettings {
  /**
   * Number of workers for heavy requests. The pool adds half this number of workers, at least one, for light requests
   * only.
   */
  readonly workers: number;
  /** Most milliseconds that a request waits, and most that its computation takes. */
  readonly timeout: number;
  /** Most requests that wait. */
  readonly maxQueue: number;
  readonly onEvent: (event: PoolEvent) => void;
}

/** Events of a pool. */
type PoolEvent =
  | { readonly type: "batch"; readonly requests: number; readonly rows: number }
  | { readonly type: "replaced"; readonly pid: number | undefined; readonly reason: string };

/** A worker of a pool. */
export interface PoolWorker {
  readonly pid: number | undefined;
  /** A worker of the heavy lane takes light requests only while no other one can. */
  readonly lane: Lane;
  readonly state: "ready" | "busy" | "starting";
}

/** Maximum number of worker failures caused by a request; after that it is not retried. */
const MOST_ATTEMPTS = 3;
/** Milliseconds before a worker that could not start is started again. */
const RESTART_DELAY = 500;

/** A body with more bytes is heavy before anybody reads it. */
const LIGHT_BYTES = 1 << 16;

interface Seat {
  slot: WorkerSlot;
  /** `true` if the worker takes heavy requests. */
  readonly isHeavy: boolean;
  /** `true` if the worker takes requests: it has started and has all models. */
  isReady: boolean;
  isBusy: boolean;
}

/**
 * Worker processes that answer requests. Small requests are answered together. When a worker fails, each of its
 * requests is tried again. Some workers answer only light requests. They also inspect requests that may be heavy: they
 * refuse invalid requests at once, and leave the rest to the heavy workers.
 */
export class WorkerPool {
  private readonly options: WorkerPoolOptions;
  private readonly seats: Seat[];
  private readonly queues: Readonly<Record<Lane, RequestQueue>> = {
    light: new RequestQueue(),
    heavy: new RequestQueue(),
  };
  /** The version of each model that answers requests. */
  private readonly current = new Map<string, ModelVersion>();
  /** Number of batches running on each version. */
  private readonly running = new Map<ModelVersion, number>();
  private readonly clock: NodeJS.Timeout;
  private isClosed = false;
  private isScheduled = false;

  constructor(options: WorkerPoolOptions) {
    this.options = options;
    const light = Math.max(1, Math.floor(options.workers / 2));
    this.seats = Array.from({ length: light + options.workers }, (_, place) => this.startSeat(place >= light));
    this.clock = setInterval(() => this.refuseLate(), 100);
    this.clock.unref();
  }

  /** The workers, with their processes, their lanes, and their current availability. */
  get workers(): readonly PoolWorker[] {
    return this.seats.map(({ slot, isHeavy, isReady, isBusy }) => ({
      pid: slot.pid,
      lane: isHeavy ? "heavy" : "light",
      state: isBusy ? "busy" : isReady ? "ready" : "starting",
    }));
  }

  get queued(): number {
    return this.queues.light.length + this.queues.heavy.length;
  }

  /**
   * Loads a version of a model into all workers and then uses it for all requests. The previous version is unloaded
   * after its last request is answered.
   *
   * @throws {Error} the bytes are no model of a table: the previous version stays in use.
   */
  async use(version: ModelVersion): Promise<readonly ServedColumn[]> {
    const columns = await this.loadEverywhere(version).catch((error: unknown) => {
      for (const { slot } of this.seats) slot.drop(version.serial);
      throw error;
    });
    const before = this.current.get(version.model);
    this.current.set(version.model, version);
    if (before !== undefined) this.dropIfIdle(before);
    this.schedule();
    return columns;
  }

  /**
   * Answers a request.
   *
   * @param isGone returns `true` if no client waits for the answer any longer.
   * @throws {UnavailableError} the request waits or takes too long, or workers fail on it.
   */
  answer(model: string, request: WorkerRequest, isGone: () => boolean): Promise<WorkerResponse> {
    const { maxQueue, timeout } = this.options;
    if (this.queued >= maxQueue) {
      return Promise.reject(new UnavailableError(`queue: expected fewer than ${maxQueue} waiting requests.`, 503));
    }
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + timeout;
      const lane = request.body.length > LIGHT_BYTES ? "heavy" : "light";
      this.queues[lane].add({ model, request, resolve, reject, deadline, attempts: 0, isGone });
      this.schedule();
    });
  }

  /** Stops all workers. Waiting requests are refused. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.clock);
    for (const { slot } of this.seats) slot.stop();
    const all = Promise.all(this.seats.map(({ slot }) => slot.ended));
    const isDone = await Promise.race([all.then(() => true), delay(2000, false, { ref: false })]);
    if (!isDone) for (const { slot } of this.seats) slot.kill();
    await all;
  }

  private startSeat(isHeavy: boolean): Seat {
    const seat: Seat = { slot: new WorkerSlot(this.options, isHeavy), isHeavy, isReady: false, isBusy: false };
    this.attend(seat);
    return seat;
  }

  /** Prepares the worker of a seat, and replaces it when it exits. */
  private attend(seat: Seat): void {
    const { slot } = seat;
    this.prepare(seat).catch(() => slot.kill());
    void slot.ended.then(async (reason) => {
      const wasReady = seat.isReady;
      seat.isReady = false;
      if (this.isClosed) return;
      this.options.onEvent({ type: "replaced", pid: slot.pid, reason });
      if (!wasReady) await delay(RESTART_DELAY, undefined, { ref: false });
      if (this.isClosed) return;
      seat.slot = new WorkerSlot(this.options, seat.isHeavy);
      this.attend(seat);
    });
  }

  private async prepare(seat: Seat): Promise<void> {
    const { slot } = seat;
    await slot.ready;
    // A version that becomes the current one meanwhile is loaded with the first request for it: waiting for one that stays
    // could take as long as files change.
    for (const version of [...this.current.values()]) await slot.ensure(version);
    seat.isReady = true;
    this.schedule();
  }

  private async loadEverywhere(version: ModelVersion): Promise<readonly ServedColumn[]> {
    const all = await Promise.all(this.seats.map((seat) => this.loadInto(seat, version)));
    return all[0] ?? [];
  }

  /** Loads a version into the worker of a seat, or into its replacement if the worker exits. */
  private async loadInto(seat: Seat, version: ModelVersion): Promise<readonly ServedColumn[]> {
    for (let attempt = 1; ; attempt++) {
      const { slot } = seat;
      try {
        await slot.ready;
        return await slot.load(version);
      } catch (error) {
        if (!(error instanceof WorkerEnded) || attempt === MOST_ATTEMPTS || this.isClosed) throw error;
        while (seat.slot === slot && !this.isClosed) await delay(50, undefined, { ref: false });
      }
    }
  }

  /** Schedules requests so that requests of the same turn of the event loop are answered together. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    for (const seat of this.seats) {
      if (!seat.isReady || seat.isBusy) continue;
      // The processor goes to others before a heavy worker, so that a light request would wait there.
      const isAlone = !this.seats.some(({ isHeavy, isReady }) => !isHeavy && isReady);
      const lane = seat.isHeavy && (this.queues.heavy.length > 0 || !isAlone) ? "heavy" : "light";
      const batch = this.queues[lane].takeBatch().filter(({ isGone }) => !isGone());
      if (batch.length > 0) void this.runBatch(seat, lane, batch);
      else if (this.queues[lane].length > 0) this.schedule();
    }
  }

  private async runBatch(seat: Seat, lane: Lane, batch: readonly QueuedRequest[]): Promise<void> {
    const { slot } = seat;
    const version = this.current.get((batch[0] as QueuedRequest).model);
    if (version === undefined) {
      for (const { reject } of batch) reject(new UnavailableError("model: expected a loaded model, got none.", 503));
      return;
    }
    seat.isBusy = true;
    this.running.set(version, (this.running.get(version) ?? 0) + 1);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      slot.kill();
    }, this.options.timeout);
    try {
      const responses = await slot.run(
        version,
        lane,
        batch.map(({ request }) => request),
      );
      let [requests, rows] = [0, 0];
      for (const [i, queued] of batch.entries()) {
        const response = responses[i];
        if (response === undefined) {
          this.queues.heavy.add(queued);
          continue;
        }
        requests++;
        rows += response.rows;
        queued.resolve(response);
      }
      if (requests > 0) this.options.onEvent({ type: "batch", requests, rows });
    } catch {
      this.askAgain(lane, batch, isLate);
    } finally {
      clearTimeout(timer);
      seat.isBusy = false;
      this.running.set(version, (this.running.get(version) ?? 1) - 1);
      this.dropIfIdle(version);
      this.schedule();
    }
  }

  /** Requests on which a worker has ended are tried again, one by one, but not without end. */
  private askAgain(lane: Lane, batch: readonly QueuedRequest[], isLate: boolean): void {
    const again: QueuedRequest[] = [];
    for (const queued of batch) {
      queued.attempts++;
      if (isLate && batch.length === 1) {
        const seconds = this.options.timeout / 1000;
        queued.reject(
          new UnavailableError(`expected an answer within ${seconds} s, got none. Request fewer rows.`, 504),
        );
      } else if (queued.attempts >= MOST_ATTEMPTS) {
        queued.reject(
          new UnavailableError(`a worker process crashed ${MOST_ATTEMPTS} times during this request.`, 500),
        );
      } else again.push(queued);
    }
    this.queues[lane].addFirst(again);
  }

  private refuseLate(): void {
    const now = performance.now();
    for (const { reject } of [...this.queues.light.takeLate(now), ...this.queues.heavy.takeLate(now)]) {
      reject(new UnavailableError("queue: expected a worker within the time limit, got none.", 503));
    }
  }

  /** A version that answers no requests any more is given up. */
  private dropIfIdle(version: ModelVersion): void {
    const { model } = version;
    if (this.current.get(model) === version || (this.running.get(version) ?? 0) > 0) return;
    this.running.delete(version);
    for (const { slot } of this.seats) slot.drop(version.serial);
  }
}
