import type { StepKind } from "./step-kind.ts";

/**
 * The log-probability of labels given logits, `Σ y·l − log(1 + eˡ)` over the columns, a row at a time: inputs labels and
 * logits of as many columns. In float64, because the two terms cancel where a label is certain.
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
