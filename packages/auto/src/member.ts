import { Made, ResidualMlp } from "@pushforward/conditioners";
import type { Bijection, BijectionFamily, Key } from "@pushforward/core";
import { Autoregressive, ConditionalFlow, Elementwise, Flow } from "@pushforward/flows";
import { affine, affineSpline, chain, gaussianization } from "@pushforward/transforms";
import type { QuantileSpline } from "@pushforward/transforms/extend";
import type { Base } from "./base-density.ts";
import type { FitAutoOptions } from "./fit-auto-options.ts";
import type { MemberKind } from "./member-task.ts";

/** A flow in standard units. */
export type Member = Flow | ConditionalFlow;

/** Half the width of the box of the splines and of the inputs of the networks, in standard deviations. */
const BOUND = 5;

/**
 * Builds a flow of autoregressive layers with networks that start at zero. Each layer is an affine map, a spline with
 * learnable tails and an affine map, or a Gaussianization by a mixture. The flow starts as its base; with
 * Gaussianization only approximately. The orders of the layers are natural and reversed in turn. `quantiles` is the
 * layer next to the data.
 */
export function makeMember(
  features: number,
  context: number,
  base: Base,
  quantiles: QuantileSpline | undefined,
  key: Key,
  { transforms, hidden, dropout, ...settings }: MemberSettings,
): Member {
  const family = familyOf(settings);
  const layers = Array.from({ length: transforms }, (_, i): Bijection => {
    const network = { hidden: [...hidden], dropout, key: key.fold(`layers.${i}`) };
    if (features > 1) {
      const order = Array.from({ length: features }, (_, j) => (i % 2 === 0 ? j : features - 1 - j));
      const conditioner = new Made({
        ...network,
        features,
        outputsPerVariable: family.parameterCount,
        order,
        residual: true,
        inputBound: BOUND,
        ...(context > 0 && { context }),
      });
      return new Autoregressive({ conditioner, family });
    }
    if (context === 0) return new Elementwise({ family, features });
    const conditioner = new ResidualMlp({ ...network, inputSize: context, outputSize: family.parameterCount });
    return new Elementwise({ family, features, conditioner });
  });
  const transform = chain(quantiles === undefined ? layers : [...layers, quantiles]);
  return context === 0
    ? new Flow(base as ConstructorParameters<typeof Flow>[0], transform)
    : new ConditionalFlow(base, transform);
}

function familyOf({ family, bins }: Pick<MemberSettings, "family" | "bins">): BijectionFamily {
  if (bins !== undefined) return affineSpline({ bins, bound: BOUND });
  return family === "gaussianization" ? gaussianization() : affine();
}

/** Structure and training settings of a member. They depend on the kind, the training rows and the columns. */
export interface MemberSettings {
  readonly transforms: number;
  readonly hidden: readonly number[];
  /** Map family of the layers. */
  readonly family: "spline" | "affine" | "gaussianization";
  /** Number of bins of the splines of the layers; undefined without splines. */
  readonly bins: number | undefined;
  /** Number of knots of the quantile splines; undefined without quantile splines. */
  readonly knots: number | undefined;
  readonly dropout: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Epochs without improvement before it goes back to its best weights. */
  readonly patience: number;
  readonly learningRate: number;
}

/** Rows from which on over-fitting is no danger for a few thousand steps. */
const MANY_ROWS = 20_000;
const SOME_ROWS = 5000;
const FEW_ROWS = 1000;

const MOST_EPOCHS = 200;
const LEAST_PATIENCE = 4;
/** A share of the epochs. */
const PATIENCE = 0.08;

/** Columns up to which layers see enough of each one that few knots do. */
const FEW_COLUMNS = 2;
const FEW_KNOTS = 17;

/** Settings of a member. Options of the user take precedence. */
export function memberSettings(
  kind: MemberKind,
  [rows, columns]: readonly [rows: number, columns: number],
  options: FitAutoOptions,
): MemberSettings {
  const isMixture = kind === "mixture";
  const family = kind === "affine" || kind === "gaussianization" ? kind : "spline";
  const isSpline = family === "spline";
  const batchSize = Math.min(rows, options.batchSize ?? (isMixture || rows < SOME_ROWS ? 64 : 128));
  const steps = isMixture ? 4000 : rows < MANY_ROWS ? 4500 : 6000;
  const epochs =
    options.maxEpochs ?? Math.max(1, Math.min(MOST_EPOCHS, Math.round(steps / Math.ceil(rows / batchSize))));
  const knots = !isSpline || rows < FEW_ROWS || columns <= FEW_COLUMNS ? FEW_KNOTS : rows < SOME_ROWS ? 33 : 65;
  return {
    transforms: options.transforms ?? 3,
    hidden: options.hidden ?? [64, 64],
    family,
    bins: isSpline ? (options.bins ?? (isMixture ? 8 : 12)) : undefined,
    knots: isMixture ? undefined : knots,
    dropout: rows < MANY_ROWS ? 0.1 : 0,
    batchSize,
    epochs,
    patience: options.patience ?? Math.max(LEAST_PATIENCE, Math.floor(PATIENCE * epochs)),
    learningRate: options.learningRate ?? 5e-3,
  };
}
