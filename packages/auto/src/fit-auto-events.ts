import type { ConditionalFlow, Flow } from "@pushforward/flows";
import type { TrainEvent, TrainResult } from "@pushforward/training";
import type { MemberKind } from "./member-task.ts";

/** A sentence about what was chosen, and why. */
export interface NoteEvent {
  readonly type: "note";
  readonly text: string;
}

/** What makes log-densities meaningless, in a table. */
export type WarningKind =
  | "few-rows"
  | "constant"
  | "far-values"
  | "repeated-value"
  | "duplicate-column"
  | "dependent-columns";

/** The table is such that its density has no meaning, or none that could be learned. */
export interface WarningEvent {
  readonly type: "warning";
  readonly kind: WarningKind;
  /** Columns that it is about. Of columns that depend on each other the first is one that could be left out. */
  readonly columns: readonly number[];
  /** The share of the training rows that have a repeated value. */
  readonly share?: number | undefined;
  /** What is wrong, in words. */
  readonly text: string;
  /** What to do about it, in words. */
  readonly remedy: string;
}

/** What the training of a member tells. */
export interface MemberEvent {
  readonly type: "member";
  /** From 0. */
  readonly index: number;
  readonly count: number;
  readonly kind: MemberKind;
  readonly event: TrainEvent;
}

/** One trained member of the model. All densities are in nats per row, in the units of the table. */
export interface AutoMember {
  readonly kind: MemberKind;
  /** Among the members, which share what the defensive component leaves; 0 for a member that was left out. */
  readonly weight: number;
  /** Gaussians in the base; of each class where there are classes. */
  readonly components: number;
  readonly parameters: number;
  /** Negative log-likelihood on the validation rows, as it started and as it ended. */
  readonly startNll: number;
  readonly validationNll: number;
  readonly training: TrainResult;
}

/** Simpler models on the same rows: negative log-likelihood on the validation rows, in the units of the table. */
export interface AutoBaselines {
  readonly gaussian: number;
  readonly mixture: number;
  readonly kernel?: number | undefined;
}

/** What `fitAuto` found. */
export interface FitAutoResult {
  /** In the units of the table. The caller owns it. */
  readonly model: Flow | ConditionalFlow;
  readonly members: readonly AutoMember[];
  readonly baselines: AutoBaselines;
  /** Negative log-likelihood of the model on the validation rows, in nats per row and the units of the table. */
  readonly validationNll: number;
  readonly trainRows: number;
  readonly validationRows: number;
  /** Columns to which noise was added. */
  readonly dequantized: readonly number[];
  /** For each of these the step in which its numbers are: 1 for integers. */
  readonly steps: readonly number[];
  /** Columns in which all numbers are equal: their density has no upper bound. */
  readonly constant: readonly number[];
  /** The weight of the Student-t that bounds what a row far out costs; 0 where there is none. */
  readonly defensiveWeight: number;
  /** All warnings. */
  readonly warnings: readonly WarningEvent[];
  /** `aborted` when the signal came before all members were trained. */
  readonly reason: "completed" | "aborted";
  /** All notes. */
  readonly log: readonly string[];
  readonly seconds: number;
  readonly cpuSeconds?: number | undefined;
}

/** What `fitAutoEvents` tells while it runs. */
export type FitAutoEvent = NoteEvent | WarningEvent | MemberEvent;
