import { errorFromData, type WorkerPort } from "@pushforward/core/plain";
import type { TrainEvent } from "@pushforward/training";
import { bareNetwork } from "../network/column-network.ts";
import type { NetworkTask } from "../network/network-task.ts";
import type { NetworkJob, NetworkJobOptions, NetworkTrainer, TrainedNetwork } from "../network/network-trainer.ts";
import type { NetworkReply, NetworkRequest, SentNetwork } from "./network-messages.ts";

/** Trains networks in another thread, which runs `serveNetworks` at the other end of a port. */
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

  /** Ends what waits for the other thread, which is gone, with an error. */
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
  return { density, overfits: outcome.overfits };
}
