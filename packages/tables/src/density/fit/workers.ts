import { BackendError, type Key, OptionError } from "@pushforward/core";
import type { ParameterValues } from "@pushforward/core/extend";
import { type ErrorData, errorFromData, errorToData, keyFromWords, type WorkerPort } from "@pushforward/core/plain";
import type { TrainEvent } from "@pushforward/training";
import { bareNetwork } from "./network/column-network.ts";
import type { NetworkTask } from "./network/network-task.ts";
import type { NetworkWork } from "./network/network-work.ts";
import {
  type NetworkJob,
  type NetworkJobOptions,
  type NetworkState,
  type NetworkTrainer,
  type TrainedNetwork,
  trainNetworkEvents,
} from "./network/train-network.ts";

/** A job as it is sent. */
interface SentJob extends Omit<NetworkJob, "key" | "task"> {
  readonly words: Key["words"];
  /** Undefined if equal to the previous job. */
  readonly task: NetworkTask | undefined;
}

/** A request of a trainer to its worker. */
type NetworkRequest =
  | { readonly type: "train"; readonly job: SentJob }
  /** Some events were taken. */
  | { readonly type: "taken" }
  /** A state was stored, or could not be. */
  | { readonly type: "saved" }
  /** The job is to end soon. */
  | { readonly type: "stop" };

/** A response of a worker. */
export type NetworkReply =
  | { readonly type: "events"; readonly events: readonly TrainEvent[] }
  | { readonly type: "save"; readonly state: NetworkState }
  | { readonly type: "done"; readonly outcome: SentNetwork }
  | { readonly type: "failed"; readonly error: ErrorData };

/** A trained network as it is sent. */
type SentNetwork =
  | { readonly weights: ReadonlyMap<string, ParameterValues>; readonly wantsAnother: boolean }
  | "no gain"
  | "too small";

/** Trainers of a fit. */
export interface OpenTrainers {
  readonly trainers: readonly NetworkTrainer[];
  /** 0 where all networks are trained in this thread. */
  readonly workers: number;
  /** Why there are none, where some were wanted. */
  readonly note: string | undefined;
  close(): void | Promise<void>;
}

/** Least work for which it is worth to start workers, about ten seconds of a core: each takes up to a second to start. */
const LEAST_OPERATIONS = 3e11;
/** Memory limits of all workers with their data, and of a single worker. */
const MOST_BYTES = 8e8;
const WORKER_BYTES = 8e7;

/**
 * Workers for a fit, or this thread if workers are unavailable or do not save time.
 *
 * @param threads number of workers; 1 for none.
 * @throws {OptionError} threads is no integer from 1.
 */
export async function openTrainers(
  source: ColumnWorkers | undefined,
  threads: number | "auto",
  work: NetworkWork,
): Promise<OpenTrainers> {
  if (threads !== "auto" && !(Number.isSafeInteger(threads) && threads >= 1)) {
    throw new OptionError(
      `fitTableDensity: expected threads to be "auto" or an integer from 1, got ${JSON.stringify(threads)}.`,
    );
  }
  const count = source === undefined ? 1 : workerCount(source, threads, work);
  if (source === undefined || count < 2) return inThisThread();
  try {
    const { trainers, close } = await source.open(count);
    return { trainers, workers: trainers.length, note: undefined, close };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return inThisThread(`all columns are trained in this thread, because workers can't start: ${error.message}`);
  }
}

function inThisThread(note?: string): OpenTrainers {
  return { trainers: [{ train: trainNetworkEvents }], workers: 0, note, close: () => {} };
}

function workerCount(
  source: ColumnWorkers,
  threads: number | "auto",
  { columns, operations, contextBytes }: NetworkWork,
): number {
  if (threads !== "auto") return Math.min(threads, columns);
  if (operations < LEAST_OPERATIONS) return 1;
  return Math.min(source.count(), columns, Math.floor(MOST_BYTES / (WORKER_BYTES + contextBytes)));
}

/** Workers that train networks in parallel, on the backend of this thread. */
export interface ColumnWorkers {
  /** Useful number of workers on this machine: its cores. */
  readonly count: () => number;
  /**
   * Starts some.
   *
   * @throws {BackendError} they can't start here.
   */
  readonly open: (count: number) => Promise<OpenColumnWorkers>;
}

/** Workers that run. */
export interface OpenColumnWorkers {
  readonly trainers: readonly NetworkTrainer[];
  /** Stops the workers. */
  close(): void | Promise<void>;
}

/** Trains networks in a thread that runs `serveNetworks` on its port. */
export class PortTrainer implements NetworkTrainer {
  private readonly port: WorkerPort;
  private readonly inbox: NetworkReply[] = [];
  private wake = (): void => {};
  private failure: Error | undefined;
  /** The one that the worker has. */
  private task: NetworkTask | undefined;

  constructor(port: WorkerPort) {
    this.port = port;
    port.onmessage = ({ data }) => {
      this.inbox.push(data as NetworkReply);
      this.wake();
    };
    port.unref?.();
  }

  /** Rejects pending requests to a terminated thread. */
  fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  async *train(
    { key, task, ...job }: NetworkJob,
    { signal, save }: NetworkJobOptions,
  ): AsyncGenerator<TrainEvent, TrainedNetwork, void> {
    const stop = (): void => this.ask({ type: "stop" });
    this.ask({ type: "train", job: { ...job, words: key.words, task: task === this.task ? undefined : task } });
    this.task = task;
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    let isOver = false;
    try {
      for (;;) {
        const reply = await this.next();
        isOver = reply.type === "done" || reply.type === "failed";
        if (reply.type === "done") return receivedNetwork({ ...job, task }, reply.outcome);
        if (reply.type === "failed") throw errorFromData(reply.error);
        if (reply.type === "events") {
          yield* reply.events;
          this.ask({ type: "taken" });
        } else {
          try {
            if (!signal?.aborted) await save(reply.state);
          } finally {
            this.ask({ type: "saved" });
          }
        }
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      if (!isOver) await this.leave();
    }
  }

  /** Calls the job off, and waits until the worker is free. */
  private async leave(): Promise<void> {
    this.ask({ type: "stop" });
    while (this.failure === undefined) {
      const reply = await this.next().catch(() => undefined);
      if (reply === undefined || reply.type === "done" || reply.type === "failed") return;
      this.ask({ type: reply.type === "events" ? "taken" : "saved" });
    }
  }

  private ask(request: NetworkRequest): void {
    if (this.failure === undefined) this.port.postMessage(request);
  }

  private async next(): Promise<NetworkReply> {
    for (;;) {
      const reply = this.inbox.shift();
      if (reply !== undefined) return reply;
      if (this.failure !== undefined) throw this.failure;
      // Only who waits for a worker keeps the process alive.
      this.port.ref?.();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.port.unref?.();
    }
  }
}

function receivedNetwork({ task, width }: Pick<NetworkJob, "task" | "width">, outcome: SentNetwork): TrainedNetwork {
  if (typeof outcome === "string") return outcome;
  const density = bareNetwork(task.form, width);
  const parameters = density.parameters();
  for (const [path, values] of outcome.weights) parameters.get(path)?.write(values);
  return { density, wantsAnother: outcome.wantsAnother };
}

/** Events are batched for this number of milliseconds: a message per step would cost more than some steps. */
const TOGETHER = 50;
/** Messages of events that may wait to be taken: who pauses a fit pauses its workers. */
const AHEAD = 3;

/** Trains networks for a `PortTrainer` at the other end of a port, one after the other, with the backend that runs here. */
export function serveNetworks(port: WorkerPort): void {
  const server = new NetworkServer(port);
  port.onmessage = ({ data }) => server.answer(data as NetworkRequest);
}

class NetworkServer {
  private readonly port: WorkerPort;
  private task: NetworkTask | undefined;
  private stop = new AbortController();
  /** Messages that wait to be taken. */
  private ahead = 0;
  private taken = (): void => {};
  private saved = (): void => {};

  constructor(port: WorkerPort) {
    this.port = port;
  }

  answer(request: NetworkRequest): void {
    if (request.type === "train") void this.train(request.job);
    else if (request.type === "stop") this.stop.abort();
    else if (request.type === "saved") this.saved();
    else {
      this.ahead--;
      this.taken();
    }
  }

  private async train(sent: SentJob): Promise<void> {
    try {
      const { outcome, arrays } = sentNetwork(await this.run(sent));
      this.reply({ type: "done", outcome }, arrays);
    } catch (error) {
      this.reply({ type: "failed", error: errorToData(error) });
    }
  }

  private async run({ words, task = this.task, ...job }: SentJob): Promise<TrainedNetwork> {
    this.task = task;
    this.stop = new AbortController();
    const events = new EventBatch((batch) => this.send(batch));
    const training = trainNetworkEvents(
      { ...job, task: task as NetworkTask, key: keyFromWords(words) },
      {
        signal: this.stop.signal,
        save: async (state) => {
          await events.send();
          const saved = new Promise<void>((resolve) => {
            this.saved = resolve;
          });
          this.reply({ type: "save", state });
          await saved;
        },
      },
    );
    for (;;) {
      const next = await training.next();
      if (next.done) {
        await events.send();
        return next.value;
      }
      await events.add(next.value);
    }
  }

  private async send(events: readonly TrainEvent[]): Promise<void> {
    this.reply({ type: "events", events });
    this.ahead++;
    while (this.ahead > AHEAD) {
      await new Promise<void>((resolve) => {
        this.taken = resolve;
      });
    }
  }

  private reply(reply: NetworkReply, transfer: ArrayBuffer[] = []): void {
    this.port.postMessage(reply, transfer);
  }
}

/** Events that are sent together. */
class EventBatch {
  private readonly sendAll: (events: readonly TrainEvent[]) => Promise<void>;
  private events: TrainEvent[] = [];
  private sent: number = performance.now();

  constructor(sendAll: (events: readonly TrainEvent[]) => Promise<void>) {
    this.sendAll = sendAll;
  }

  async add(event: TrainEvent): Promise<void> {
    this.events.push(event);
    if (performance.now() - this.sent >= TOGETHER) await this.send();
  }

  async send(): Promise<void> {
    if (this.events.length === 0) return;
    const { events } = this;
    this.events = [];
    await this.sendAll(events);
    this.sent = performance.now();
  }
}

/** A trained network as it is sent, and its arrays; the network is disposed. */
function sentNetwork(trained: TrainedNetwork): { readonly outcome: SentNetwork; readonly arrays: ArrayBuffer[] } {
  if (typeof trained === "string") return { outcome: trained, arrays: [] };
  using density = trained.density;
  const weights = new Map<string, ParameterValues>();
  for (const [path, parameter] of density.parameters()) weights.set(path, parameter.read());
  const arrays = Array.from(weights.values(), ({ buffer }) => buffer as ArrayBuffer);
  return { outcome: { weights, wantsAnother: trained.wantsAnother }, arrays };
}
