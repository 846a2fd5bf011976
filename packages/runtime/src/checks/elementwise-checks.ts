// The steps that map each number by itself.
import {
  type AffineForm,
  type BoxSettings,
  ConfigReader,
  type LearnedScale,
  type SplineForm,
  type SplineTails,
} from "@pushforward/core/plain";
import type { CheckedStep, GivenStep, StepCheck } from "./step-check.ts";

const ANY = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
const SCALE_MAPS = ["tanh", "clip", "softplus", "sigmoid"] as const;
const TAILS: readonly SplineTails[] = ["identity", "linear"];

export const checkAffine: StepCheck<"affine"> = (c, given) =>
  elementwise(given, 2, { ...affineForm(c), inverse: c.boolean("inverse") });

export const checkRationalQuadraticSpline: StepCheck<"rationalQuadraticSpline"> = (c, given) => {
  const settings = {
    ...splineForm(c),
    bins: c.count("bins"),
    bound: c.number("bound"),
    tails: c.oneOf("tails", TAILS),
    inverse: c.boolean("inverse"),
  };
  return elementwise(given, settings.tails === "linear" ? 3 * settings.bins + 1 : 3 * settings.bins - 1, settings);
};

export const checkAffineSpline: StepCheck<"affineSpline"> = (c, given) => {
  const settings = {
    bins: c.count("bins"),
    bound: c.number("bound"),
    inverse: c.boolean("inverse"),
    affine: nested(c, "affine", affineForm),
    spline: nested(c, "spline", splineForm),
  };
  return elementwise(given, 3 * settings.bins + 3, settings);
};

export const checkGaussianization: StepCheck<"gaussianization"> = (c, given) => {
  const settings = {
    components: c.count("components"),
    weights: c.oneOf("weights", ["learned", "equal"]),
    limit: c.number("limit"),
    spread: c.number("spread"),
    epsilon: c.number("epsilon"),
  };
  return elementwise(given, (settings.weights === "learned" ? 3 : 2) * settings.components, settings);
};

export const checkSumOfSquares: StepCheck<"sumOfSquares"> = (c, given) => {
  const settings = {
    scale: c.number("scale"),
    slope: c.number("slope"),
    constants: c.oneOf("constants", ["spread", "ones"]),
    polynomials: c.count("polynomials", { max: 1024 }),
    degree: c.count("degree", { min: 0, max: 1024 }),
    bound: c.number("bound"),
    unit: c.number("unit"),
  };
  return elementwise(given, settings.polynomials * (settings.degree + 1) + 1, settings);
};

export const checkShift: StepCheck<"shift"> = (c, given) => {
  const n = first(given);
  return { settings: { inverse: c.boolean("inverse") }, inputs: [n, n], outputs: [n] };
};

export const checkLearnedScale: StepCheck<"learnedScale"> = (c, given) => {
  const n = first(given);
  const raw = c.raw("scale");
  const scale: LearnedScale =
    raw === "exp"
      ? "exp"
      : nested(c, "scale", (of) => ({ offset: of.number("offset"), smallest: of.number("smallest") }));
  return { settings: { inverse: c.boolean("inverse"), scale }, inputs: [n], outputs: [n, 1], parameters: [n, n] };
};

export const checkConstantScale: StepCheck<"constantScale"> = (c, given) => {
  const n = first(given);
  const settings = { inverse: c.boolean("inverse"), scale: c.numbers("scale"), shift: c.numbers("shift") };
  for (const list of [settings.scale, settings.shift]) checkLength(given, list, n);
  return { settings, inputs: [n], outputs: [n, 1] };
};

export const checkBoxConstraint: StepCheck<"boxConstraint"> = (c, given) => {
  const n = first(given);
  const box: BoxSettings = {
    low: c.numbers("low", ANY),
    high: c.numbers("high", ANY),
    sharpness: c.number("sharpness", { min: 0 }),
  };
  for (const list of [box.low, box.high]) checkLength(given, list, n);
  return { settings: { inverse: c.boolean("inverse"), ...box }, inputs: [n], outputs: [n, n] };
};

export const checkSinhArcsinh: StepCheck<"sinhArcsinh"> = (c, given) => {
  const n = first(given);
  return { settings: { inverse: c.boolean("inverse") }, inputs: [n], outputs: [n, n], parameters: [n, n] };
};

/** Columns of the first input. */
function first({ inputs, fail }: GivenStep): number {
  return inputs[0] ?? fail("an input", "none");
}

function checkLength({ fail }: GivenStep, list: readonly number[], length: number): void {
  if (list.length !== length) fail(`a list of ${length} numbers`, `${list.length}`);
}

/** A step whose parameters are a matrix, with `count` columns for each column of the value. */
function elementwise<Settings>(
  given: GivenStep,
  count: number,
  settings: Settings,
): { readonly settings: Settings } & Pick<CheckedStep<"affine">, "inputs" | "outputs"> {
  const n = first(given);
  return { settings, inputs: [n, n * count], outputs: [n, n] };
}

function affineForm(c: ConfigReader): AffineForm {
  return {
    scale: c.oneOf("scale", SCALE_MAPS),
    limit: c.number("limit"),
    offset: c.number("offset"),
    least: c.number("least"),
  };
}

function splineForm(c: ConfigReader): SplineForm {
  return {
    softmaxScale: c.number("softmaxScale"),
    softmaxLimit: c.number("softmaxLimit"),
    minBin: c.number("minBin"),
    slopeLimit: c.number("slopeLimit"),
    slopeOffset: c.number("slopeOffset"),
    minSlope: c.number("minSlope"),
  };
}

function nested<T>(c: ConfigReader, name: string, read: (of: ConfigReader) => T): T {
  const reader = new ConfigReader(name, c.raw(name));
  const value = read(reader);
  reader.end();
  return value;
}
