import { OptionError, type Shape } from "@pushforward/core";
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

/** The activation of the networks, which must be that of all. */
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
