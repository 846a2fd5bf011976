import type { ParameterValues } from "@pushforward/core/extend";
import { errorToData, keyFromWords, type WorkerPort } from "@pushforward/core/plain";
import type { TrainEvent } from "@pushforward/training";
import type { NetworkTask } from "../network/network-task.ts";
import type { TrainedNetwork } from "../network/network-trainer.ts";
import { trainNetworkEvents } from "../network/train-network.ts";
import type { NetworkReply, NetworkRequest, SentJob, SentNetwork } from "./network-messages.ts";

/** Events are sent together, after so many milliseconds: a message for each step would cost more than some steps. */
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
  return { outcome: { weights, overfits: trained.overfits }, arrays };
}
