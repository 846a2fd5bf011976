import type { PlanData, RecipeOf, Shape } from "@pushforward/core/plain";

/** A plan in a file: its parameters by their places among those of the file. */
export interface FilePlan extends PlanData {
  readonly parameters: readonly number[];
}

/** How samples are made, with parameters by their places in the file. */
export type FileRecipe = RecipeOf<number, FilePlan>;

/** An array of a compiled model. */
export interface FileParameter {
  /** The path of the parameter in the model, or a name of its own for a constant of the model. */
  readonly name: string;
  readonly shape: Shape;
  /** Whether training moves it. */
  readonly trainable: boolean;
  /** Whether it is a parameter of the model, which dropout draws its key from, and not a constant such as a mask. */
  readonly isNamed: boolean;
  readonly values: Float32Array;
}

/** `x = mean + sd · y` of each column, in float64. */
export interface Scales {
  readonly mean: readonly number[];
  readonly sd: readonly number[];
}

/** What a compiled model consists of. */
export interface PlanFile {
  readonly features: number;
  /** 0 without a context. */
  readonly contextSize: number;
  /** Names of the columns, and of those of the context. */
  readonly columns: readonly string[];
  readonly contextColumns: readonly string[];
  readonly parameters: readonly FileParameter[];
  /** Between the units of the table and those of the plans. */
  readonly scales?: Scales | undefined;
  readonly contextScales?: Scales | undefined;
  /** From rows, and their contexts, to log-densities. */
  readonly density: FilePlan;
  /** Undefined where samples need tensors. */
  readonly sampler?: FileRecipe | undefined;
}
