import { logSoftmax } from "./bound-mixture.ts";
import type { StepKind } from "./step-kind.ts";

/**
 * Log-probability of labels given logits, `Σ y·l − log(1 + eˡ)` over the columns, one value per row. The inputs are
 * labels and logits with the same number of columns. Computed in float64, because the two terms cancel where a label is
 * certain.
 */
export const bernoulliLogProbKind: StepKind<"bernoulliLogProb"> = {
  bind: ({ rows, inputs, input, output, dOutput, dInput }) => {
    const [labels, logits] = input;
    const out = output[0];
    const columns = inputs[0] as number;
    return {
      forward: () => {
        for (let r = 0, i = 0; r < rows; r++) {
          let sum = 0;
          for (const end = i + columns; i < end; i++) {
            const logit = logits[i] as number;
            // y·l − softplus(l), with the part that grows taken out of the softplus.
            const label = labels[i] as number;
            sum += (logit > 0 ? (label - 1) * logit : label * logit) - Math.log1p(Math.exp(-Math.abs(logit)));
          }
          out[r] = sum;
        }
      },
      backward: () => {
        const dy = dOutput[0];
        const [dLabels, dLogits] = dInput;
        for (let i = 0; i < logits.length; i++) {
          const d = dy[(i / columns) | 0] as number;
          const logit = logits[i] as number;
          if (dLabels !== undefined) dLabels[i] = d * logit;
          if (dLogits !== undefined) dLogits[i] = d * ((labels[i] as number) - 1 / (1 + Math.exp(-logit)));
        }
      },
    };
  },
};

/**
 * Log-density of a multivariate Student-t, `c + ln det W − ½ (ν + n) log(1 + |W (x − μ)|² / ν)`, one value per row. The
 * parameters are μ `[n]` and a lower triangular W `[n, n]`, which have no gradient. Computed in float64, where the
 * square of a float32 cannot overflow, because the op is meant for distant rows. A row with an infinite number has −∞.
 */
export const studentTLogProbKind: StepKind<"studentTLogProb"> = {
  bind: ({ rows, settings, input, output, parameters, dOutput, dInput, dParameters }) => {
    const [x] = input;
    const [y] = output;
    const [location, whitening] = parameters;
    const { degreesOfFreedom, logConstant } = settings;
    const n = location.length;
    const centered = new Float64Array(n);
    const z = new Float64Array(n);
    const square = (row: number): number => {
      for (let j = 0; j < n; j++) centered[j] = (x[row * n + j] as number) - (location[j] as number);
      return whitenedSquare(whitening, centered, z);
    };
    return {
      forward: () => {
        let logPeak = logConstant;
        for (let i = 0; i < n; i++) logPeak += Math.log(whitening[i * n + i] as number);
        const power = 0.5 * (degreesOfFreedom + n);
        for (let r = 0; r < rows; r++) y[r] = logPeak - power * Math.log1p(square(r) / degreesOfFreedom);
      },
      backward: () => {
        for (const gradient of dParameters) gradient?.fill(0);
        const [dy] = dOutput;
        const [dx] = dInput;
        if (dx === undefined) return;
        for (let r = 0; r < rows; r++) {
          const q = square(r);
          const factor = (-(degreesOfFreedom + n) / (degreesOfFreedom + q)) * (dy[r] as number);
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let i = j; i < n; i++) sum += (whitening[i * n + j] as number) * (z[i] as number);
            // Flat where the density has vanished.
            dx[r * n + j] = q === Number.POSITIVE_INFINITY ? 0 : factor * sum;
          }
        }
      },
    };
  },
};

/** Returns `|W v|²` and leaves `W v` in z. The result is infinite if v contains an infinite number and no NaN. */
function whitenedSquare(whitening: Float32Array, v: Float64Array, z: Float64Array): number {
  const n = v.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let value = 0;
    for (let j = 0; j <= i; j++) value += (whitening[i * n + j] as number) * (v[j] as number);
    z[i] = value;
    sum += value * value;
  }
  if (!Number.isNaN(sum)) return sum;
  // An infinite number met a zero, or one of the other sign.
  return v.some(Number.isNaN) ? Number.NaN : Number.POSITIVE_INFINITY;
}

/**
 * `log Σ wₖ eᵃᵏ` of the log-densities a of the components. Each component is a matrix with one column. The weights are
 * the softmax of a parameter, or `logWeights` of the settings.
 */
export const mixtureLogProbKind: StepKind<"mixtureLogProb"> = {
  memory: ({ rows, inputs, isTraining }) => ({ saved: isTraining ? rows * inputs.length : 0, scratch: 0 }),
  bind: ({ rows, settings, isTraining, input, output, parameters, saved, dOutput, dInput, dParameters }) => {
    const count = input.length;
    const [y] = output;
    const [logits] = parameters;
    const logWeights = Float64Array.from((settings.logWeights as number[] | undefined) ?? input.map(() => 0));
    const terms = new Float64Array(count);
    return {
      forward: () => {
        if (logits !== undefined) logSoftmax(logits, 0, count, logWeights);
        for (let r = 0; r < rows; r++) {
          let peak = Number.NEGATIVE_INFINITY;
          for (let k = 0; k < count; k++) {
            const term = (input[k]?.[r] as number) + (logWeights[k] as number);
            terms[k] = term;
            peak = Math.max(peak, term);
          }
          // With no density anywhere no component is to blame; NaN is everyone's.
          const isEmpty = peak === Number.NEGATIVE_INFINITY;
          const shift = Math.abs(peak) === Number.POSITIVE_INFINITY ? 0 : peak;
          let sum = 0;
          for (let k = 0; k < count; k++) {
            terms[k] = Math.exp((terms[k] as number) - shift);
            sum += terms[k] as number;
          }
          y[r] = Math.log(sum) + shift;
          if (!isTraining) continue;
          for (let k = 0; k < count; k++) saved[r * count + k] = isEmpty ? 0 : (terms[k] as number) / sum;
        }
      },
      backward: () => {
        const [dy] = dOutput;
        const [dLogits] = dParameters;
        let total = 0;
        for (let k = 0; k < count; k++) {
          const dx = dInput[k];
          let own = 0;
          for (let r = 0; r < rows; r++) {
            const gradient = (dy[r] as number) * (saved[r * count + k] as number);
            own += gradient;
            if (dx !== undefined) dx[r] = gradient;
          }
          terms[k] = own;
          total += own;
        }
        if (dLogits === undefined) return;
        for (let k = 0; k < count; k++) {
          dLogits[k] = (terms[k] as number) - Math.exp(logWeights[k] as number) * total;
        }
      },
    };
  },
};
