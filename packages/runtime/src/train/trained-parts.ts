import type { FilePlan } from "../file/plan-file.ts";
import type { Engine } from "../run/engine.ts";
import type { ParameterValues } from "../run/parameter-values.ts";

/** The parts of a model that its training needs. */
export interface TrainedParts {
  readonly engine: Engine;
  readonly plan: FilePlan;
  readonly values: ParameterValues;
  /** Checks rows and contexts, and standardizes them. */
  readonly prepare: (
    x: ArrayLike<number>,
    context?: ArrayLike<number>,
  ) => { readonly rows: number; readonly inputs: readonly Float32Array[] };
  readonly logVolume: number;
}
