import { type Floats, quote, type StateDict } from "./state-dict.ts";

/** `(c − mean)/std`, which sbi puts in front of the context. */
export function readContextStandardization(
  state: StateDict,
  prefixes: readonly string[],
  context: number,
): { readonly mean: Floats; readonly sd: Floats } | undefined {
  const prefix = prefixes.find((one) => state.has(`${one}_mean`) || state.has(`${one}_std`));
  if (prefix === undefined) return undefined;
  if (context === 0)
    state.fail("weights", `a model with a context, because of ${quote(`${prefix}_mean`)}`, "one without");
  const { shape, data: mean } = state.floats(`${prefix}_mean`);
  const { data: sd } = state.floats(`${prefix}_std`, shape);
  const [size] = shape;
  if (shape.length > 1 || (shape.length === 1 && size !== 1 && size !== context)) {
    state.fail(
      "tensor",
      `${context} numbers in ${quote(`${prefix}_mean`)}, one for each of the context`,
      `shape [${shape}]`,
    );
  }
  const zero = sd.indexOf(0);
  if (zero >= 0) state.fail("weights", `standard deviations other than 0 in ${quote(`${prefix}_std`)}`, "0");
  const repeat = (values: Floats): Floats =>
    values.length === context ? values : new Float64Array(context).fill(values[0] as number);
  return { mean: repeat(mean), sd: repeat(sd) };
}

/** Shift and scale with one number for each feature; one for all is repeated. */
export function standardization(
  state: StateDict,
  key: string,
  features: number,
  shift: Floats,
  scale: Floats,
): { readonly shift: Floats; readonly scale: Floats } {
  if (shift.length !== features && shift.length !== 1) {
    state.fail("tensor", `${features} numbers in ${quote(key)}`, `${shift.length}`);
  }
  if (scale.some((value) => value === 0)) state.fail("weights", `numbers other than 0 in ${quote(key)}`, "0");
  const repeat = (values: Floats): Floats =>
    values.length === features ? values : new Float64Array(features).fill(values[0] as number);
  return { shift: repeat(shift), scale: repeat(scale) };
}
