import type { Json, PlanData, RecipeOf, Shape } from "@pushforward/core/plain";
import type { ContainerKind } from "@pushforward/serialization/file-parts";

/** A plan in a file. Its parameters are indices into the parameters of the file. */
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
  /** `true` if training updates it. */
  readonly trainable: boolean;
  /** `true` if it is a parameter of the model, which names a dropout key, and not a constant such as a mask. */
  readonly isNamed: boolean;
  readonly values: Float32Array;
}

/** `x = mean + sd · y` of each column, in float64. */
export interface Scales {
  readonly mean: readonly number[];
  readonly sd: readonly number[];
}

/** Contents of a compiled model. */
export interface PlanFile {
  readonly features: number;
  /** 0 without a context. */
  readonly contextSize: number;
  /** Names of the columns, and of the context columns. */
  readonly columns: readonly string[];
  readonly contextColumns: readonly string[];
  readonly parameters: readonly FileParameter[];
  /** Scales between the units of the table and the units of the plans. */
  readonly scales?: Scales | undefined;
  readonly contextScales?: Scales | undefined;
  /** From rows, and their contexts, to log-densities. */
  readonly density: FilePlan;
  /** Undefined where samples need tensors. */
  readonly sampler?: FileRecipe | undefined;
}

/** The file of a compiled model. */
export const PLAN_FILE: ContainerKind = {
  name: "compiled model",
  format: "pushforward-plan",
  fields: ["parameters", "plans", "table"],
};

// JSON has no infinite numbers, and the ends of a half-open interval are some.
const TEXTS: ReadonlyMap<number, string> = new Map([
  [Number.POSITIVE_INFINITY, "Infinity"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
]);
const NUMBERS: ReadonlyMap<unknown, number> = new Map([...TEXTS].map(([value, text]) => [text, value]));

/** Converts plain data to JSON, with texts in place of infinite numbers; undefined values are left out. */
export function withNumberTexts(value: unknown): Json {
  return map(value, (leaf) => TEXTS.get(leaf as number) ?? leaf) as Json;
}

/** The same back. */
export function withNumbers(value: Json): Json {
  return map(value, (leaf) => NUMBERS.get(leaf) ?? leaf) as Json;
}

function map(value: unknown, ofLeaf: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => map(item, ofLeaf));
  if (typeof value !== "object" || value === null) return ofLeaf(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, map(item, ofLeaf)]));
}
