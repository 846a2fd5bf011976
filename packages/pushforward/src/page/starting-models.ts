import { createKey, OptionError } from "@pushforward/core";
import { type NsfOptions, nsf } from "@pushforward/flows";
import { compileModel } from "@pushforward/flows/compile";
import { decodePlanFile, type PlanFile } from "@pushforward/runtime/file";

/** Initial values of an array: digits of a mask, or the bound of a uniform distribution around 0. */
type Start = string | number;

/** A compiled flow without its values, which a page draws. */
export interface StartingModel extends Omit<PlanFile, "parameters"> {
  readonly parameters: readonly (Omit<PlanFile["parameters"][number], "values"> & { readonly start: Start })[];
}

/** Most columns of a flow that a page fits. */
const MOST_FEATURES = 8;

/** A size that learns 1,000 rows in a second. */
const SIZE = { transforms: 3, hidden: [32, 32], bins: 8 } as const satisfies Partial<NsfOptions>;

/**
 * Neural spline flows of 1 to 8 columns for the script of a page, which has no code for layers. The build of this package
 * stores them in the script.
 */
export function startingModels(): readonly StartingModel[] {
  return Array.from({ length: MOST_FEATURES }, (_, i) => startingModel(i + 1));
}

function startingModel(features: number): StartingModel {
  const flow = nsf({ features, key: createKey(0), ...SIZE });
  try {
    const file = decodePlanFile(compileModel(flow));
    const inputsOf = new Map(file.parameters.map(({ name, shape }) => [name, shape[0] ?? 1]));
    const parameters = file.parameters.map(({ values, ...rest }) => {
      // A bias has the bound of its weight.
      const inputs = inputsOf.get(rest.name.replace(/bias$/, "weight")) ?? 1;
      return { ...rest, start: startOf(rest.name, values, inputs) };
    });
    return { ...file, parameters };
  } finally {
    flow.dispose();
  }
}

/** Hidden layers start with U(±1/√inputs), and last layers with zeros. */
function startOf(name: string, values: Float32Array, inputs: number): Start {
  if (values.every((value) => value === 0)) return 0;
  if (values.every((value) => value === 0 || value === 1)) return values.join("");
  const bound = 1 / Math.sqrt(inputs);
  if (values.every((value) => Math.abs(value) <= bound)) return bound;
  throw new OptionError(`startingModels: expected initial values of ${name} within ±${bound}, got larger ones.`);
}
