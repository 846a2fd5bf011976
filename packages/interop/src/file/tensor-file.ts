import { ModelFileError, type NdArray, OptionError, type Shape } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { type ConditionalFlow, type Flow, logProbRows } from "@pushforward/flows";
import { type SafetensorsTensor, writeSafetensors } from "@pushforward/serialization/extend";
import type { ForeignLinear, ForeignTransform } from "../flow/foreign-flow.ts";
import type { Floats } from "./state-dict.ts";

/** The tensors of a `state_dict` that is being written. */
export class TensorFile {
  private readonly tensors = new Map<string, SafetensorsTensor>();

  floats(key: string, shape: Shape, data: Floats): void {
    this.tensors.set(key, { dtype: "F32", shape, data: Float32Array.from(data) });
  }

  integers(key: string, values: readonly number[]): void {
    this.tensors.set(key, { dtype: "I64", shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  booleans(key: string, shape: Shape, values: ArrayLike<number>): void {
    this.tensors.set(key, { dtype: "BOOL", shape, data: Uint8Array.from(values) });
  }

  /** `{key}.weight`, `{key}.bias`, and a mask as `maskType` where the layer has one. */
  linear(key: string, { outputs, inputs, weight, bias, mask }: ForeignLinear, maskType: "BOOL" | "F32"): void {
    this.floats(`${key}.weight`, [outputs, inputs], weight);
    this.floats(`${key}.bias`, [outputs], bias);
    if (mask === undefined) return;
    if (maskType === "BOOL") this.booleans(`${key}.mask`, [outputs, inputs], mask);
    else this.floats(`${key}.mask`, [outputs, inputs], Float32Array.from(mask));
  }

  bytes(metadata: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
    return writeSafetensors(this.tensors, metadata);
  }
}

/** Metadata with the activation of the networks. All networks must share it. */
export function activationMetadata(where: string, transforms: readonly ForeignTransform[]): { activation?: string } {
  const found = new Set<string>();
  const visit = (transform: ForeignTransform): void => {
    if (transform.kind === "composite") for (const member of transform.members) visit(member);
    else if ("network" in transform) found.add(transform.network.activation);
  };
  for (const transform of transforms) visit(transform);
  const [activation] = found;
  if (found.size > 1) {
    throw new OptionError(`${where}: expected networks with one activation, got ${[...found].join(" and ")}.`);
  }
  return activation === undefined ? {} : { activation };
}

/** Log-densities computed by a different library, for comparison with an imported model. */
export interface ReferenceDensity {
  /** Points, `[rows, features]`. */
  readonly x: NdArray;
  /** The context of each, `[rows, context]`. */
  readonly context?: NdArray;
  /** Their log-densities in nats, `[rows]`. */
  readonly logProb: ArrayLike<number>;
  /** The largest difference, relative to `max(1, |logProb|)`. Default: 1e-4, for densities in float32. */
  readonly tolerance?: number;
}

/**
 * Returns the model if its log-densities match a reference, and disposes it otherwise. A backend must be running.
 *
 * @throws {ModelFileError} the log-densities differ by more than the tolerance.
 */
export function checkReference<M extends Flow | ConditionalFlow>(
  where: string,
  model: M,
  reference: ReferenceDensity,
): M {
  try {
    compare(where, model, reference);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function compare(
  where: string,
  model: Flow | ConditionalFlow,
  { x, context, logProb, tolerance = 1e-4 }: ReferenceDensity,
): void {
  if (x.shape[0] !== logProb.length) {
    throw new OptionError(`${where}: expected reference.logProb with ${x.shape[0]} numbers, got ${logProb.length}.`);
  }
  if (isConditionalDistribution(model) && context === undefined) {
    throw new OptionError(`${where}: expected reference.context, because the model takes one, got none.`);
  }
  const ours = logProbRows(model, x, context);
  let worst = 0;
  let row = 0;
  for (const [i, value] of ours.entries()) {
    const theirs = logProb[i] as number;
    const error = Math.abs(value - theirs) / Math.max(1, Math.abs(theirs));
    if (!(error <= worst)) [worst, row] = [error, i];
    if (Number.isNaN(error)) break;
  }
  if (worst <= tolerance) return;
  throw new ModelFileError(
    "weights",
    `${where}: expected log-density ${logProb[row]} in row ${row} of the reference, got ${ours[row]}. ` +
      "A setting that is not in the file may differ: slope, bound, activation, the kind of spline, the smallest " +
      "sizes of bins, a last transform without parameters.",
  );
}
