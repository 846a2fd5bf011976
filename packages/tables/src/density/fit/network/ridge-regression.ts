/** A linear function of some regressors. */
export interface LinearFunction {
  readonly weights: Float64Array;
  readonly intercept: number;
}

/** Rows of regressors, `[rows, count]`, and what they are to tell. */
export interface RegressionRows {
  readonly regressors: Float64Array;
  readonly targets: Float64Array;
}

/** Penalties that are tried, in rows. */
const PENALTIES = [0.1, 1, 10, 100, 1000];

/**
 * The linear function that tells targets best, by least squares with the penalty `λ‖w‖²` (Hoerl and Kennard 1970), which
 * other rows choose, and its mean squared error on these.
 */
export function ridgeRegression(
  train: RegressionRows,
  validation: RegressionRows,
): LinearFunction & { readonly error: number } {
  const rows = train.targets.length;
  const count = train.regressors.length / rows;
  const means = new Float64Array(count);
  const mean = train.targets.reduce((sum, y) => sum + y / rows, 0);
  for (let at = 0; at < train.regressors.length; at++) {
    means[at % count] = (means[at % count] as number) + (train.regressors[at] as number) / rows;
  }
  const { gram, moments } = normalEquations(train, means, mean);
  let best: (LinearFunction & { readonly error: number }) | undefined;
  for (const penalty of PENALTIES) {
    const weights = solve(gram, moments, penalty);
    const intercept = mean - weights.reduce((sum, w, j) => sum + w * (means[j] as number), 0);
    const error = squaredError(validation, { weights, intercept });
    if (best === undefined || error < best.error) best = { weights, intercept, error };
  }
  return best as LinearFunction & { readonly error: number };
}

function normalEquations(
  { regressors, targets }: RegressionRows,
  means: Float64Array,
  mean: number,
): { readonly gram: Float64Array; readonly moments: Float64Array } {
  const count = means.length;
  const gram = new Float64Array(count * count);
  const moments = new Float64Array(count);
  const row = new Float64Array(count);
  for (const [i, target] of targets.entries()) {
    for (let j = 0; j < count; j++) row[j] = (regressors[i * count + j] as number) - (means[j] as number);
    for (let j = 0; j < count; j++) {
      const own = row[j] as number;
      moments[j] = (moments[j] as number) + own * (target - mean);
      for (let k = 0; k <= j; k++) gram[j * count + k] = (gram[j * count + k] as number) + own * (row[k] as number);
    }
  }
  return { gram, moments };
}

/** `(G + λI)⁻¹ m` by a Cholesky factorization; only the lower triangle of G is read. */
function solve(gram: Float64Array, moments: Float64Array, penalty: number): Float64Array {
  const n = moments.length;
  const factor = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = (gram[j * n + k] as number) + (j === k ? penalty : 0);
      for (let l = 0; l < k; l++) sum -= (factor[j * n + l] as number) * (factor[k * n + l] as number);
      factor[j * n + k] = j === k ? Math.sqrt(sum) : sum / (factor[k * n + k] as number);
    }
  }
  const x = moments.slice();
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) x[j] = (x[j] as number) - (factor[j * n + k] as number) * (x[k] as number);
    x[j] = (x[j] as number) / (factor[j * n + j] as number);
  }
  for (let j = n - 1; j >= 0; j--) {
    for (let k = j + 1; k < n; k++) x[j] = (x[j] as number) - (factor[k * n + j] as number) * (x[k] as number);
    x[j] = (x[j] as number) / (factor[j * n + j] as number);
  }
  return x;
}

function squaredError({ regressors, targets }: RegressionRows, { weights, intercept }: LinearFunction): number {
  const count = weights.length;
  let sum = 0;
  for (const [i, target] of targets.entries()) {
    let residual = target - intercept;
    for (let j = 0; j < count; j++) residual -= (weights[j] as number) * (regressors[i * count + j] as number);
    sum += residual ** 2;
  }
  return sum / targets.length;
}
