import type { Distribution, Module } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import { ConditionalMixture, Mixture, type MultivariateStudentT } from "@pushforward/distributions";
import { ConditionalFlow, Flow } from "@pushforward/flows";
import { inTableUnits } from "@pushforward/flows/extend";
import { ConstantAffine, chain, invert } from "@pushforward/transforms";
import type { Chain } from "@pushforward/transforms/extend";
import type { Member } from "./member.ts";
import type { PreparedRows } from "./prepare-rows.ts";

/** A component with heavy tails, which knows no context, and its weight. */
export interface Defensive {
  readonly component: MultivariateStudentT;
  readonly weight: number;
}

/** Parts of a model. The weights of the members add up to 1. */
export interface ModelParts {
  readonly members: readonly Member[];
  readonly weights: readonly number[];
  readonly defensive: Defensive | undefined;
}

/**
 * Builds the model of some members, in the units of the table. A single member is used as it is, several form a
 * mixture. The model owns the members.
 */
export function assembleModel(
  { members, weights, defensive }: ModelParts,
  {
    standardization,
    contextStandardization,
    bounded,
    farX,
    farContext,
  }: Pick<PreparedRows, "standardization" | "contextStandardization" | "bounded" | "farX" | "farContext">,
): Flow | ConditionalFlow {
  const { mean, sd } = standardization;
  const units = new ConstantAffine({ shift: mean, scale: sd });
  const [only, ...others] = members as [Member, ...Member[]];
  const isSingle = others.length === 0 && defensive === undefined;
  const transform = chain(isSingle ? [...(only.transform as Chain).layers, units] : [units]);
  const share = 1 - (defensive?.weight ?? 0);
  const mixture = {
    // Draws of a Cauchy distribution have no variance, and would be the extremes of every sample.
    ...(defensive !== undefined && { undrawn: [members.length] }),
    components: [
      ...members.map((member) => inTableUnits(member, bounded, undefined)),
      ...(defensive === undefined ? [] : [defensive.component]),
    ],
    weights: [...weights.map((weight) => share * weight), ...(defensive === undefined ? [] : [defensive.weight])],
  };
  if (!(only instanceof ConditionalFlow)) {
    const base: Distribution & Module = isSingle
      ? (only.base as Distribution & Module)
      : new Mixture({ ...mixture, components: mixture.components as Distribution[] });
    return inTableUnits(new Flow(base, transform), farX, farContext);
  }
  const ofContext = contextStandardization && {
    contextTransform: invert(
      new ConstantAffine({ shift: contextStandardization.mean, scale: contextStandardization.sd }),
    ),
  };
  const model = new ConditionalFlow(isSingle ? only.base : new ConditionalMixture(mixture), transform, ofContext);
  return inTableUnits(model, farX, farContext);
}

/** The negative mean log-density of rows under a mixture, from the log-densities of its components; in nats per row. */
export function mixtureNll(logProbs: readonly Float64Array[], weights: readonly number[]): number {
  const used = logProbs.flatMap((logProb, k) => (weights[k] === 0 ? [] : [{ logProb, weight: weights[k] as number }]));
  const rows = logProbs[0]?.length ?? 0;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const terms = used.map(({ logProb, weight }) => (logProb[i] as number) + Math.log(weight));
    sum -= logSumExp(terms);
  }
  return sum / rows;
}

/** The mean of numbers. */
export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The place of the least number; NaN is greater than all. */
export function indexOfLeast(values: readonly number[]): number {
  return values.reduce(
    (best, value, i) => (value < (values[best] as number) || Number.isNaN(values[best]) ? i : best),
    0,
  );
}
