import { CONDITIONER_LAYOUT, type ConditionerLayout } from "./conditioner-layout.ts";

/**
 * Degrees of the hidden units of a MADE (Germain et al. 2015, arXiv:1502.03509): a unit of degree k sees the first k
 * variables in order, and only variables after the k-th see it. They are sorted, so that what a unit may see is a
 * prefix of the layer below.
 *
 * Degrees cycle through 1 … ranks − 1. With a context they start at 0: units that see only the context let it reach
 * the first variable through a nonlinear map. A layer narrower than the list of degrees spreads them evenly and keeps
 * the largest, or the last variables would influence nothing.
 *
 * Degrees that are cyclic are not spread. With maps of the context they start at 1 with a context too, and at 0 only for a
 * single variable.
 */
export function hiddenDegrees(
  width: number,
  ranks: number,
  hasContext: boolean,
  { context, degrees }: Pick<ConditionerLayout, "context" | "degrees"> = CONDITIONER_LAYOUT,
): number[] {
  const smallest = hasContext && context !== "maps" ? 0 : Math.min(1, ranks - 1);
  const count = Math.max(1, ranks - smallest);
  const isSpread = degrees === "spread" && width < count;
  return Array.from({ length: width }, (_, i) =>
    isSpread ? smallest + Math.floor(((i + 1) * count) / width) - 1 : smallest + (i % count),
  ).sort((a, b) => a - b);
}

/**
 * Which weights `[in, out]` of a masked layer count, row-major, 1 or 0: a hidden unit sees what has no larger degree
 * than its own, an output what has a smaller one (`strict`).
 */
export function degreeMask(inputs: readonly number[], outputs: readonly number[], strict: boolean): Float32Array {
  const mask = new Float32Array(inputs.length * outputs.length);
  let at = 0;
  for (const input of inputs) {
    for (const output of outputs) mask[at++] = (strict ? input < output : input <= output) ? 1 : 0;
  }
  return mask;
}
