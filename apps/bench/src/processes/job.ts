import type { BackendName } from "pushforward";
import type { ModelSpec } from "../models/models.ts";
import type { Timing } from "./timing.ts";

/** What is timed. */
export interface Task {
  readonly id: string;
  readonly name: "step" | "logProb" | "sample";
  /** Rows of a call; a step takes those of the model. */
  readonly rows: number;
}

/** What a process of either side is asked to measure. */
interface Job {
  readonly model: ModelSpec;
  readonly tasks: readonly Task[];
  /** How long each task is repeated. */
  readonly seconds: number;
  readonly threads: number;
  /** Rows of the table that is trained on. */
  readonly rows: number;
}

/** What one of our own processes is asked to measure. */
export interface OurJob extends Job {
  readonly backend: BackendName;
  /** Plain operations of TensorFlow.js: no fused kernels, no plan. */
  readonly plain: boolean;
}

/** What a Python process is asked to measure. */
export interface TorchJob extends Job {
  readonly style: TorchStyle;
}

/** `library`: our script in the style of the libraries; `tuned`: our fastest one; `peer`: zuko or nflows. */
export type TorchStyle = "library" | "tuned" | "peer";

/** What a process prints. */
export interface Measurement {
  /** By the id of the task. */
  readonly times: Readonly<Record<string, Timing>>;
  /** Threads that computed. */
  readonly threads: number;
  /** Load average of the last minute at the end. */
  readonly load: number;
}

/** The tasks for a model. */
export function tasksOf(model: ModelSpec): readonly Task[] {
  return [
    { id: "step", name: "step", rows: model.batch },
    { id: "logProb 256", name: "logProb", rows: 256 },
    { id: "logProb 4096", name: "logProb", rows: 4096 },
    { id: `sample ${model.draws}`, name: "sample", rows: model.draws },
  ];
}

/** Enough rows that shuffling and batching are as in real fits. */
export function tableRows(model: ModelSpec): number {
  return Math.max(10_000, 8 * model.batch);
}
