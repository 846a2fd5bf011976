import { TrainingDivergedError } from "@pushforward/core";

/** What was not finite, and where. */
export interface Divergence {
  readonly what: string;
  readonly loss: number;
  readonly parameter?: string | undefined;
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
  /** What the model holds now. */
  readonly weights: "unchanged" | "earlier" | "best";
}

/** The error of a fit that came to NaN or infinity, with the remedy. */
export function divergedError(divergence: Divergence): TrainingDivergedError {
  const { what, loss, parameter, step, epoch, learningRate, weights } = divergence;
  const subject = parameter === undefined ? what : `${what} of parameter ${parameter}`;
  const got = parameter === undefined ? String(loss) : "NaN or Infinity";
  const remedy =
    weights === "unchanged"
      ? "The model is unchanged. Check that it gives every row a density, and standardize the data."
      : `The model holds ${weights === "best" ? "its best" : "earlier"} weights. Lower the learning rate.`;
  return new TrainingDivergedError(
    `train: expected a finite ${subject}, got ${got} in step ${step}, epoch ${epoch}, at learning rate ${learningRate}. ${remedy}`,
    { step, epoch, learningRate, loss, ...(parameter === undefined ? {} : { parameter }) },
  );
}
