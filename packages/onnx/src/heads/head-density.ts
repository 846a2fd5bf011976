import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";

/** The parameters of a distribution by their names, float64 `[rows, features]`. */
export type HeadParameters = Readonly<Record<string, GraphValue>>;

/** A distribution of independent numbers as nodes of a graph, all float64 `[rows, features]`. */
export interface HeadDensity {
  /** The log-density or log-probability inside of the support. */
  readonly logProb: (maths: Maths, x: GraphValue, p: HeadParameters) => GraphValue;
  /** Ends of the support. Default: none. */
  readonly ends?: readonly [low: number, high: number];
  /** Whether only integers have probabilities. Default: false. */
  readonly isDiscrete?: true;
  /** Of a density: at which ends it is nothing, where it isn't so at infinite ones alone. */
  readonly isNothing?: (maths: Maths, x: GraphValue, p: HeadParameters) => GraphValue;
  /** The inverse of the distribution function for 0 < u < 1; absent where it is no arithmetic. */
  readonly quantile?: (maths: Maths, u: GraphValue, p: HeadParameters) => GraphValue;
}
