import { maf, nsf, parameterCount, type ToyDataset, train } from "pushforward";
import { compare, type Fit } from "./compare.ts";
import { byAuto, ourSettings } from "./fits.ts";
import type { Lab } from "./lab.ts";
import { processorSeconds, torchStandardization } from "./measures.ts";
import { trainAsOriginal } from "./original-loop.ts";
import { originalMaf, originalNsf } from "./original-models.ts";
import { planePicture } from "./pictures.ts";

/** A MAF or NSF of the notebooks on a toy set. */
export interface LearnedDensity {
  /** File name of the picture. */
  readonly name: string;
  readonly kind: "maf" | "nsf";
  readonly target: ToyDataset;
  readonly rows: number;
  /** Width of the hidden layers of the original. */
  readonly hidden: number;
  /** Results printed in the notebook. */
  readonly notebook: {
    readonly parameters?: number;
    readonly validation: number;
    readonly lastEpoch: number;
    readonly improvements?: number;
  };
}

/**
 * Fits the notebook's model by the notebook's loop, and our model by our loop, to the same rows. Both hold out 30 %.
 */
export async function learnDensity(lab: Lab, spec: LearnedDensity): Promise<void> {
  const { kind, hidden, rows, notebook, target } = spec;
  const original: Fit = async (x, key) => {
    const options = { features: 2, hidden, standardize: torchStandardization(x), key };
    const model = kind === "maf" ? originalMaf(options) : originalNsf(options);
    const loop = {
      key,
      epochs: lab.size(2000, 2),
      batchSize: (x.shape[0] as number) / 10,
      learningRate: 0.005,
      validation: true,
    };
    const { seconds, ...printed } = await trainAsOriginal(model, x, loop);
    return { model, seconds, figures: { ...printed, parameters: parameterCount(model.parameters()) } };
  };
  const ours: Fit = async (x, key) => {
    const options = { features: 2, residual: true, standardize: torchStandardization(x), key };
    const model = kind === "maf" ? maf(options) : nsf(options);
    const result = await train(model, x, { key, validation: 0.3, ...ourSettings(lab) });
    const { epochs, bestValidationLoss: validation = Number.NaN } = result;
    const parameters = parameterCount(model.parameters());
    return { model, seconds: processorSeconds(result), figures: { validation, lastEpoch: epochs - 1, parameters } };
  };
  const { parameters, validation, lastEpoch, improvements } = notebook;
  await compare(lab, {
    name: spec.name,
    model: `${kind.toUpperCase()}, ${hidden} hidden units, ${rows.toLocaleString("en")} points`,
    target,
    rows,
    printed: [
      ...(parameters === undefined ? [] : [{ figure: "parameters", quantity: "parameters", notebook: parameters }]),
      { figure: "validation", quantity: "best validation loss", notebook: validation },
      { figure: "lastEpoch", quantity: "last epoch", notebook: lastEpoch },
      ...(improvements === undefined
        ? []
        : [{ figure: "improvements", quantity: "improvements", notebook: improvements }]),
    ],
    original,
    ours,
    draw: planePicture,
  });
}

/** Trains the default of the command line on the same rows, without manual choices. */
export async function learnByAuto(lab: Lab, name: string, target: ToyDataset, rows: number): Promise<void> {
  await compare(lab, {
    name,
    model: `auto, ${rows.toLocaleString("en")} points`,
    target,
    rows,
    ours: (x, key) => byAuto(lab, x, key),
    draw: planePicture,
  });
}
