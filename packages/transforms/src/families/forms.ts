import { OptionError } from "@pushforward/core";
import { type AffineForm, type ConfigField, field, type ScaleMap, type SplineForm } from "@pushforward/core/extend";
import { AFFINE_FORM, SPLINE_FORM } from "@pushforward/ops";

/** What a number is when it is left out, and its bounds. */
export type NumberRange = readonly [standard: number, min: number, max: number];

const UNUSED: NumberRange = [0, 0, 0];
/** Bounds of what is added to a raw number. */
export const OFFSETS = [-50, 50] as const;
/** Below the first, float32 does not resolve the narrowest bins; at the second, a scale or slope can be no more than 1. */
const LEAST = [1e-8, 1] as const;
/** Of log-scales: beyond, they overflow. */
const LARGEST_LIMIT = 80;
/** The maps that turn a raw number into a scale. */
export const SCALES: readonly ScaleMap[] = ["tanh", "clip", "softplus", "sigmoid"];

/** Numbers with those that are left out filled in. Throws `OptionError`, `expected` being how its message begins. */
export function withNumbers<N extends string>(
  expected: string,
  given: { readonly [K in N]?: number | undefined },
  ranges: Readonly<Record<N, NumberRange>>,
): Record<N, number> {
  const values = Object.entries<NumberRange>(ranges).map(([name, [standard, min, max]]) => {
    const value = given[name as N] ?? standard;
    if (value >= min && value <= max) return [name, value];
    const what = min === max ? `to be ${min}, because the form does not use it` : `from ${min} to ${max}`;
    throw new OptionError(`${expected}${name} ${what}, got ${String(value)}.`);
  });
  return Object.fromEntries(values) as Record<N, number>;
}

/** The form of an affine map with what is left out filled in. */
export function affineForm(form: Partial<AffineForm>): AffineForm {
  const { scale = AFFINE_FORM.scale } = form;
  if (!SCALES.includes(scale)) {
    const names = SCALES.map((name) => JSON.stringify(name)).join(", ");
    throw new OptionError(`affine: expected form.scale to be one of ${names}, got ${JSON.stringify(scale)}.`);
  }
  const isBounded = scale === "tanh" || scale === "clip";
  const ranges: Record<"limit" | "offset" | "least", NumberRange> = isBounded
    ? { limit: [AFFINE_FORM.limit, 1e-3, LARGEST_LIMIT], offset: UNUSED, least: UNUSED }
    : { limit: UNUSED, offset: [0, ...OFFSETS], least: [1e-3, ...LEAST] };
  return { scale, ...withNumbers<"limit" | "offset" | "least">("affine: expected form.", form, ranges) };
}

/** The form of a spline with what is left out filled in. */
export function splineForm(where: string, bins: number, form: Partial<SplineForm>): SplineForm {
  const { softmaxLimit = 0, slopeLimit = 0 } = form;
  // A share of a softmax that nothing bounds can be 0.
  const leastBin = softmaxLimit > 0 ? 0 : 1e-6;
  return withNumbers<keyof SplineForm>(`${where}: expected form.`, form, {
    softmaxScale: [SPLINE_FORM.softmaxScale, 1e-6, 1e6],
    softmaxLimit: [0, 0, LARGEST_LIMIT],
    // At least half of the interval is left to learn.
    minBin: [SPLINE_FORM.minBin, leastBin, 0.5 / bins],
    slopeLimit: [0, 0, LARGEST_LIMIT],
    slopeOffset: slopeLimit > 0 ? UNUSED : [SPLINE_FORM.slopeOffset, ...OFFSETS],
    minSlope: slopeLimit > 0 ? UNUSED : [SPLINE_FORM.minSlope, ...LEAST],
  });
}

/** The form of a spline in a file. */
export const splineFormField: ConfigField<SplineForm> = field.form<SplineForm>((form) => ({
  softmaxScale: form.number("softmaxScale"),
  softmaxLimit: form.number("softmaxLimit"),
  minBin: form.number("minBin"),
  slopeLimit: form.number("slopeLimit"),
  slopeOffset: form.number("slopeOffset"),
  minSlope: form.number("minSlope"),
}));
