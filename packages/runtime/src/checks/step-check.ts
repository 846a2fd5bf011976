import type { ConfigReader, PlanOperation, PlanSettings } from "@pushforward/core/plain";

/** What a step of a file is known to have before its settings are read: columns of matrices, sizes of parameters. */
export interface GivenStep {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly parameters: readonly number[];
  /** Fails unless the numbers of a parameter, by its place in the step, are all 0 or 1. */
  checkMask(place: number): void;
  /** Refuses the step. */
  fail(expected: string, got: string): never;
}

/** What a step must have for its settings. */
export interface CheckedStep<K extends PlanOperation> {
  readonly settings: PlanSettings<K>;
  /** Columns of the inputs. */
  readonly inputs: readonly number[];
  /** Columns of the outputs, or of the matrix that the step writes into. */
  readonly outputs: readonly number[];
  /** Sizes of the parameters. Default: none. */
  readonly parameters?: readonly number[];
}

/** Reads the settings of a step, and says which sizes go with them. */
export type StepCheck<K extends PlanOperation> = (settings: ConfigReader, given: GivenStep) => CheckedStep<K>;
