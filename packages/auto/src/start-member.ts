import { type Module, type NdArray, ndArray } from "@pushforward/core";
import { tensorValues } from "@pushforward/core/extend";
import { logProbRows } from "@pushforward/flows";
import type { TableRows } from "@pushforward/tables/extend";
import { quantileSpline } from "@pushforward/transforms";
import type { QuantileSpline } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { type FittedBase, fitBase } from "./base-density.ts";
import type { FitAutoOptions } from "./fit-auto-options.ts";
import { type Member, makeMember } from "./member.ts";
import type { MemberKind } from "./member-kind.ts";
import { type MemberSettings, memberSettings } from "./member-settings.ts";
import { meanOf } from "./mixture-nll.ts";
import type { PreparedRows } from "./prepare-rows.ts";

/** A member before its training: its layers are the identity, and it is as good as its base. */
export interface StartedMember {
  readonly member: Member;
  readonly kind: MemberKind;
  readonly settings: MemberSettings;
  readonly base: FittedBase;
  /** Log-densities of the validation rows in standard units, and minus their mean. */
  readonly logProb: Float64Array;
  readonly start: number;
}

/** What all members start from. */
export interface MemberStart {
  readonly rows: Pick<PreparedRows, "train" | "validation">;
  readonly options: FitAutoOptions;
  /** The mixture of Gaussians that the first member starts from. */
  readonly mixture: FittedBase;
  /** Frees a part when the work ends without a result. */
  own<T extends Module>(part: T): T;
}

/** Makes the member of a kind with the number `index`, which decides its random numbers. */
export async function startMember(
  kind: MemberKind,
  index: number,
  { rows: { train, validation }, options, mixture, own }: MemberStart,
): Promise<StartedMember> {
  const [sampled, columns] = train.x.shape as unknown as readonly [number, number];
  const settings = memberSettings(kind, [options.stream?.rows ?? sampled, columns], options);
  const { knots } = settings;
  const quantiles = knots === undefined ? undefined : own(quantileSpline(train.x, { knots }));
  const base = await baseOf(kind, index, quantiles, { rows: { train, validation }, options, mixture, own });
  const context = train.context?.shape[1] ?? 0;
  const key = options.key.fold(`member.${index}`);
  const member = own(makeMember(train.x.shape[1] as number, context, base.create(), quantiles, key, settings));
  const logProb = logProbRows(member, validation.x, validation.context);
  return { member, kind, settings, base, logProb, start: -meanOf(logProb) };
}

function baseOf(
  kind: MemberKind,
  index: number,
  quantiles: QuantileSpline | undefined,
  { rows: { train, validation }, options, mixture }: MemberStart,
): Promise<FittedBase> | FittedBase {
  if (quantiles !== undefined) {
    const [x, held] = [transformed(quantiles, train), transformed(quantiles, validation)];
    return fitNamedBase(x, held, kind, options, { widened: true });
  }
  // Another start for a second mixture, which else would make the same mistakes.
  return index === 0 ? mixture : fitNamedBase(train, validation, `mixture.${index}`, options);
}

/** Fits a base with the random numbers of a name. */
export function fitNamedBase(
  train: TableRows,
  validation: TableRows,
  name: string,
  { key, contextClasses = [], signal }: FitAutoOptions,
  what: { readonly components?: number; readonly widened?: boolean } = {},
): Promise<FittedBase> {
  return fitBase(train, validation, { key: key.fold(`base.${name}`), ...what, classes: contextClasses, signal });
}

/** Rows as they come out of the quantile splines on the side of the base. */
function transformed(quantiles: QuantileSpline, { x, context }: TableRows): TableRows {
  const values = tensorValues(() => quantiles.inverse(tf.tensor(Float32Array.from(x.data), [...x.shape])));
  const inverse: NdArray = ndArray(x.shape, Float64Array.from(values));
  return { x: inverse, ...(context && { context }) };
}
