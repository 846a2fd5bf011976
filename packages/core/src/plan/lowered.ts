import type { PlanMatrix } from "./plan.ts";

/** Which of the two maps of a bijection. */
export type Direction = "forward" | "inverse";

/** What a bijection adds to a plan. */
export interface LoweredMap {
  readonly value: PlanMatrix;
  /** The sum of all their columns is the log-determinant of a row; none for a map that keeps volume. */
  readonly logDets: readonly PlanMatrix[];
}

/** The steps of a conditioner that generates one rank of variables at a time, as in `AutoregressiveSteps`. */
export interface LoweredAutoregressiveSteps {
  /** Outputs `[rows, count · outputsPerVariable]` for the variables of the next rank, given the values of those before. */
  next(previous?: PlanMatrix): PlanMatrix;
}
