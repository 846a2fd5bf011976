import { DomainError, OptionError, type Shape, ShapeError, type TensorLike } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import { checkLowerFactor, choleskyFactor, eachMatrix, formatShape, invertLower } from "@pushforward/core/plain";
import { type HostArray, hostArray } from "../config/host-array.ts";

/** Where Gaussians start. Arrays may be nested or flat, row-major; what is left out is that of standard normals. */
export interface GaussianComponentsOptions {
  /** Relative weights, positive. Default: all equal. */
  readonly weights?: TensorLike;
  /** Means. Default: 0. */
  readonly means?: TensorLike;
  /** Lower Cholesky factors of the covariances. Default: the identity. */
  readonly scaleTrils?: TensorLike;
  /** Covariances, symmetric and positive definite, in place of their factors. */
  readonly covariances?: TensorLike;
  /** Number of components; needed only when no array tells it. */
  readonly components?: number;
  /** Size of the event; needed only when no array tells it. */
  readonly features?: number;
  /** Makes weights, means and covariances parameters that start there. */
  readonly learnable?: boolean;
}

/** Options as checked numbers in float64; arrays that were not given are absent. */
export interface GaussianStart {
  /** Components of each group. */
  readonly components: number;
  readonly features: number;
  /** Logarithms of the weights, each group's summing to 1. */
  readonly logits?: Float64Array;
  readonly means?: Float64Array;
  /** Inverses of the factors. */
  readonly whitening?: Float64Array;
}

/** Reads the options of `groups` sets of Gaussians, one for each class. */
export function gaussianStart(where: string, options: GaussianComponentsOptions, groups: number): GaussianStart {
  if (options.covariances !== undefined && options.scaleTrils !== undefined) {
    throw new OptionError(`${where}: expected covariances or scaleTrils, got both.`);
  }
  const read = (name: "weights" | "means" | "scaleTrils" | "covariances"): HostArray | undefined => {
    const value = options[name];
    return value === undefined ? undefined : hostArray(value, `${where} ${name}`);
  };
  const [weights, means] = [read("weights"), read("means")];
  const matrices = read("covariances") ?? read("scaleTrils");
  const total = totalOf(where, options, groups, weights, means, matrices);
  const components = total / groups;
  const features = featuresOf(where, options.features, total, means, matrices);
  checkSize(where, "weights", weights, total, []);
  checkSize(where, "means", means, total, [features]);
  const isCovariance = options.covariances !== undefined;
  checkSize(where, isCovariance ? "covariances" : "scaleTrils", matrices, total, [features, features]);
  return {
    components,
    features,
    ...(weights && { logits: logWeights(where, weights.values, components) }),
    ...(means && { means: means.values }),
    ...(matrices && { whitening: whiteningOf(where, matrices.values, features, isCovariance) }),
  };
}

function totalOf(
  where: string,
  { components }: GaussianComponentsOptions,
  groups: number,
  weights: HostArray | undefined,
  means: HostArray | undefined,
  matrices: HostArray | undefined,
): number {
  if (components !== undefined) {
    if (!Number.isSafeInteger(components) || components < 1) {
      throw new OptionError(
        `${where}: expected components to be an integer of at least 1, got ${describeValue(components)}.`,
      );
    }
    return components * groups;
  }
  const leading = (array: HostArray | undefined, rank: number): number | undefined =>
    array === undefined || array.shape.length <= rank ? undefined : count(array.shape.slice(0, -rank));
  const total = weights?.values.length ?? leading(means, 1) ?? leading(matrices, 2) ?? groups;
  if (total < 1 || total % groups !== 0) {
    const expected = groups === 1 ? "at least one component" : `as many components for each of ${groups} classes`;
    throw new ShapeError(`${where}: expected ${expected}, got ${total} in all.`);
  }
  return total;
}

function featuresOf(
  where: string,
  features: number | undefined,
  total: number,
  means: HostArray | undefined,
  matrices: HostArray | undefined,
): number {
  const nested = (array: HostArray | undefined): number | undefined =>
    array !== undefined && array.shape.length > 1 ? array.shape.at(-1) : undefined;
  const found =
    features ??
    nested(means) ??
    nested(matrices) ??
    (means && means.values.length / total) ??
    (matrices && Math.sqrt(matrices.values.length / total));
  if (found === undefined) {
    throw new OptionError(`${where}: expected means, covariances or the option features, got none.`);
  }
  if (!Number.isSafeInteger(found) || found < 1) {
    throw new ShapeError(`${where}: expected features to be an integer of at least 1, got ${found}.`);
  }
  return found;
}

/** Refuses an array that is neither flat nor `[...leading, ...event]` with `total` entries in the leading axes. */
function checkSize(where: string, name: string, array: HostArray | undefined, total: number, event: Shape): void {
  if (array === undefined) return;
  const { shape, values } = array;
  const isFlat = shape.length === 1;
  const own = shape.slice(shape.length - event.length);
  const fits = isFlat || (shape.length > event.length && own.every((axis, i) => axis === event[i]));
  if (values.length === total * count(event) && fits) return;
  throw new ShapeError(
    `${where}: expected ${name} of shape ${formatShape([total, ...event])} or as many numbers, got ${formatShape(shape)}.`,
  );
}

function logWeights(where: string, weights: Float64Array, groupSize: number): Float64Array {
  const bad = weights.find((weight) => weight <= 0);
  if (bad !== undefined) throw new DomainError(`${where}: expected positive weights, got ${bad}.`);
  return weights.map((weight, at) => {
    const start = at - (at % groupSize);
    const group = weights.subarray(start, start + groupSize);
    return Math.log(weight / group.reduce((sum, value) => sum + value, 0));
  });
}

function whiteningOf(where: string, matrices: Float64Array, n: number, isCovariance: boolean): Float64Array {
  let k = 0;
  return eachMatrix(matrices, n, (matrix) => {
    const label = `${where} component ${k++}`;
    return invertLower(isCovariance ? choleskyFactor(label, matrix, n) : checkLowerFactor(label, matrix, n), n);
  });
}

function count(shape: Shape): number {
  return shape.reduce((product, axis) => product * axis, 1);
}
