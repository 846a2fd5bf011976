import { type ConfigField, field } from "@pushforward/core/extend";
import { softplus, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { OFFSETS, withNumbers } from "./families/bound-bijection.ts";

/** How a positive number follows from a raw one: `softplus(raw + offset) + smallest`. */
export interface PositiveForm {
  readonly offset: number;
  readonly smallest: number;
}

/**
 * A raw number of 0 is the scale 1. Where softplus underflows, the log of the smallest scale and its reciprocal stay finite.
 */
export const POSITIVE_FORM: PositiveForm = { offset: Math.log(Math.expm1(1)), smallest: 1e-30 };

/** The completed form. Throws `OptionError`; `expected` is the start of its message. */
export function positiveForm(expected: string, form: Partial<PositiveForm>): PositiveForm {
  const { offset, smallest } = POSITIVE_FORM;
  return withNumbers<keyof PositiveForm>(expected, form, {
    offset: [offset, ...OFFSETS],
    smallest: [smallest, smallest, 0.5],
  });
}

/** The form in a model file, which does not say the usual one. */
export const positiveFormField: ConfigField<PositiveForm> = field.optional(
  POSITIVE_FORM,
  field.form((form) => ({ offset: form.number("offset"), smallest: form.number("smallest") })),
);

/** A positive number for each real one, smooth and increasing, 1 at 0 by default. */
export function positiveScale(raw: tf.Tensor, { offset, smallest }: PositiveForm = POSITIVE_FORM): tf.Tensor {
  return tf.add(softplus(tf.add(raw, offset)), smallest);
}

/** The raw number of a scale, in float64. */
export function rawScale(scale: number): number {
  return scale + Math.log(-Math.expm1(-scale)) - POSITIVE_FORM.offset;
}

/** `log cosh z = softplus(2z) − z − log 2`, which does not overflow. */
export function logCosh(z: tf.Tensor): tf.Tensor {
  return tf.sub(tf.sub(softplus(tf.mul(z, 2)), z), Math.LN2);
}

/** −∞ if a distance from a bound is negative. NaN stays NaN. */
export function outside(distance: tf.Tensor, logDet: tf.Tensor): tf.Tensor {
  const isOutside = tf.less(stopGradient(distance), 0);
  return tf.where(isOutside, tf.fill(logDet.shape, Number.NEGATIVE_INFINITY), logDet);
}
