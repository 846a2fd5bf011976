import type { StepSettings } from "./step-kind.ts";

/** One kernel call; matrices and parameters by their places. */
export interface PlanStepData {
  readonly op: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly parameters: readonly number[];
  readonly settings: StepSettings;
  readonly continues?: number;
}

/** A list of kernel calls over matrices, as plain data. */
export interface PlanData {
  /** Columns of each matrix. */
  readonly columns: readonly number[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly steps: readonly PlanStepData[];
}
