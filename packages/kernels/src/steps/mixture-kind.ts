import { logSoftmax } from "./bound-mixture.ts";
import type { StepKind } from "./step-kind.ts";

/**
 * `log Σ wₖ eᵃᵏ` of the log-densities a of the components, a matrix of one column each. The weights are the softmax of
 * a parameter, or `logWeights` of the settings.
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
