/**
 * How samples of a distribution are made, as data: which random numbers are drawn from a key, and the plans that they go
 * through. Each kind draws the same numbers from a key as the method `sample` of its distribution. `P` stands for a
 * parameter and `L` for a plan: those of a model, or their places in a file.
 */
export type RecipeOf<P, L> =
  | NormalRecipe
  | GaussianMixtureRecipe<P>
  | StudentTRecipe<P>
  | MixtureRecipe<P, L>
  | PushedRecipe<P, L>;

/** Independent standard normals. */
export interface NormalRecipe {
  readonly kind: "normal";
  readonly columns: number;
}

/** A mixture of Gaussians; its arrays are those of the operation `gaussianMixture`. */
export interface GaussianMixtureRecipe<P> {
  readonly kind: "gaussianMixture";
  readonly columns: number;
  readonly components: number;
  readonly logits: P;
  readonly mean: P;
  readonly whitening: P;
  readonly correction?: { readonly logDiagonal: P; readonly offDiagonal: P; readonly shift: P };
}

/** A multivariate Student-t; its arrays are those of the operation `studentTLogProb`. */
export interface StudentTRecipe<P> {
  readonly kind: "studentT";
  readonly columns: number;
  readonly degreesOfFreedom: number;
  readonly location: P;
  readonly whitening: P;
}

/** One of several distributions for each row; the weights are numbers, or the softmax of a parameter. */
export interface MixtureRecipe<P, L> {
  readonly kind: "mixture";
  readonly columns: number;
  readonly weights: readonly number[] | P;
  readonly components: readonly RecipeOf<P, L>[];
}

/** Samples of a base that go through a plan, which takes them and, where it has two inputs, the context. */
export interface PushedRecipe<P, L> {
  readonly kind: "pushed";
  readonly columns: number;
  readonly base: RecipeOf<P, L>;
  readonly plan: L;
}
