import type { BijectionFamily, Key, Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  type AnyCodec,
  classCodec,
  field,
  isBijectionFamily,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { sumRightmost } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";

/** A family with weights of its own, bound to parameters of a module: its variables are one event. */
export class LearnableRow extends AbstractBijection {
  override readonly inverseKind = "iterative";
  readonly family: BijectionFamily;
  private readonly raw: Parameter;

  constructor({ family, key }: { readonly family: BijectionFamily; readonly key?: Key }) {
    const variables = family.variables ?? 1;
    super("LearnableRow", [variables]);
    this.family = family;
    const count = family.parameterCount;
    this.raw = parameter([variables, count], key && (() => key.normal(variables * count)));
  }

  protected override forwardMap(x: Tensor): MapResult {
    const [y, logDet] = this.family.bind(this.raw.variable).forwardAndLogDet(x);
    return [y, sumRightmost(logDet, 1)];
  }

  protected override inverseMap(y: Tensor): MapResult {
    const [x, logDet] = this.family.bind(this.raw.variable).inverseAndLogDet(y);
    return [x, sumRightmost(logDet, 1)];
  }
}

/** Its codec, for the laws of files. */
export const learnableRowCodec: AnyCodec = classCodec("cases/learnable-row", LearnableRow, {
  family: field.object(isBijectionFamily, "a family"),
});
