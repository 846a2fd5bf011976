import type { ConditionalDistribution, Distribution, Key } from "@pushforward/core";
import { isConditionalDistribution, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import type { Subject } from "../law/law-list.ts";
import type { Grid } from "./density-grid.ts";
import type { DistributionCase, DistributionTolerances } from "./distribution-case.ts";

/** A distribution under test, with the data that a law needs. */
export interface DistributionTrial extends Subject<Distribution | ConditionalDistribution> {
  readonly theCase: DistributionCase;
  readonly tolerances: DistributionTolerances;
  readonly points: number;
  readonly key: Key;
  readonly quick: boolean;
  /** Key of the contexts of all laws that use the grid. */
  readonly gridKey: Key;
  readonly cache: DensityCache;
}

/** Densities on the grid, shared by the laws of a case: parameters and contexts are the same for all laws. */
export interface DensityCache {
  entry: { readonly backend: string; readonly grid: Grid; readonly all: Float64Array[] } | undefined;
}

/** The numbers of `count` contexts; none for a distribution that is not conditional. */
export function contextNumbers(
  value: Distribution | ConditionalDistribution,
  { contexts }: Pick<DistributionCase, "contexts">,
  key: Key,
  count: number,
): Float32Array | undefined {
  if (!isConditionalDistribution(value)) return undefined;
  const contextKey = key.fold("context");
  return Float32Array.from(contexts?.(contextKey, count) ?? contextKey.normal(count * sizeOf(value.contextShape)));
}

/** A conditional distribution at `count` contexts, made in the caller's tidy; a plain one as it is. */
export function distributionAt(
  value: Distribution | ConditionalDistribution,
  theCase: Pick<DistributionCase, "contexts">,
  key: Key,
  count: number,
): Distribution {
  if (!isConditionalDistribution(value)) return value;
  const numbers = contextNumbers(value, theCase, key, count) as Float32Array;
  return value.given(tf.tensor(numbers, [count, ...value.contextShape], "float32"));
}
