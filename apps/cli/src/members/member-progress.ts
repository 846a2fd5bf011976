import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { TrainEvent } from "pushforward";

/** How far the training of a member is, as its worker says now and then. */
export interface MemberProgress {
  /** Host and process. */
  readonly worker: string;
  /** The epoch that runs, counted from 1, and how many there are at most. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Of the last epoch, in standard units. */
  readonly validationLoss?: number | undefined;
}

/** Milliseconds between two reports. */
const EVERY = 2000;

/** The name of this worker. */
export function workerName(): string {
  return `${hostname()}, process ${process.pid}`;
}

/** Makes reports of the events of a training, not more often than every two seconds. */
export class ProgressReporter {
  private told = Number.NEGATIVE_INFINITY;
  private epochs = 1;
  private epoch = 1;
  private step = 0;
  private validationLoss: number | undefined;

  /** What is to be reported after an event, if anything. */
  look(event: TrainEvent): MemberProgress | undefined {
    if (event.type === "start") this.epochs = event.epochs;
    else if (event.type === "epoch") this.validationLoss = event.validationLoss;
    else if (event.type === "step") [this.epoch, this.step] = [event.epoch, event.step];
    const now = performance.now();
    if (now - this.told < EVERY) return undefined;
    this.told = now;
    const { epoch, epochs, step, validationLoss } = this;
    return { worker: workerName(), epoch, epochs, step, validationLoss };
  }
}

/** The last report in a file; undefined where there is none that can be read. It only informs. */
export async function readProgress(file: string): Promise<MemberProgress | undefined> {
  try {
    const { worker, epoch, epochs, step, validationLoss } = JSON.parse(await readFile(file, "utf8"));
    const isName = typeof worker === "string" && /^[\w.-]+, process \d+$/.test(worker);
    if (!isName || ![epoch, epochs, step].every(Number.isSafeInteger)) return undefined;
    return { worker, epoch, epochs, step, ...(typeof validationLoss === "number" && { validationLoss }) };
  } catch {
    return undefined;
  }
}
