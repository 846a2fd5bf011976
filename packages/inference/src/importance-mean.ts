/** What importance weights come to. */
export interface ImportanceMean {
  /** The logarithm of the mean weight. */
  readonly logMean: number;
  /** Of it, by the delta method. */
  readonly standardError: number;
  /** Kish's share of the draws that is left, `(Σw)²/(n Σw²)`, from 1/n to 1. */
  readonly essFraction: number;
}

/** The mean of importance weights that are given by their logarithms, of which the largest is finite. */
export function importanceMean(logWeights: Float64Array): ImportanceMean {
  const count = logWeights.length;
  const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / count;
  const peak = logWeights.reduce((a, b) => Math.max(a, b));
  const weights = logWeights.map((value) => Math.exp(value - peak));
  const [first, second] = [mean(weights), mean(weights.map((value) => value * value))];
  return {
    logMean: peak + Math.log(first),
    standardError: Math.sqrt(Math.max(0, second / first ** 2 - 1) / count),
    essFraction: first ** 2 / second,
  };
}
