import type { ConditionalFlow, Flow } from "@pushforward/flows";
import type { TrainEvent, TrainResult } from "@pushforward/training";
import type { MemberKind } from "./member-task.ts";

/** A sentence about a choice and its reason. */
export interface NoteEvent {
  readonly type: "note";
  readonly text: string;
}

/** Properties of a table that make log-densities meaningless. */
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
  /** Description of the problem, in words. */
  readonly text: string;
  /** Remedy, in words. */
  readonly remedy: string;
}

/** Report on the training of a member. */
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
  /**
   * Weight among the members, which share the remainder of the defensive component; 0 for a member that was left out.
   */
  readonly weight: number;
  /** Number of Gaussians in the base; with classes, per class. */
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

/** Result of `fitAuto`. */
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
  /** Weight of the Student-t that bounds the cost of an extreme row; 0 without a Student-t. */
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

/** Events of `fitAutoEvents`. */
export type FitAutoEvent = NoteEvent | WarningEvent | MemberEvent;
