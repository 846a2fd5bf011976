import type { GaussianMixtureRecipe, Key, MixtureRecipe, StudentTRecipe } from "@pushforward/core/plain";
import {
  chiSquaredDraws,
  componentAt,
  cumulativeWeights,
  gaussianNumbers,
  invertLower,
  orderByComponent,
  softmax,
} from "@pushforward/core/plain";
import type { FilePlan, FileRecipe } from "../file/plan-file.ts";

/** Objects that a recipe refers to. */
export interface SampleParts {
  /** The values of a parameter of the file. */
  array(place: number): Float32Array;
  /** The output of a plan of the recipe for rows of its inputs. */
  run(plan: FilePlan, inputs: readonly Float32Array[], rows: number): Float32Array;
}

/**
 * Draws samples of a recipe, `[count, columns]`: the samples of the model for the same key, up to rounding.
 *
 * @param context a context for each row, if the model takes one.
 */
export function drawSamples(
  recipe: FileRecipe,
  key: Key,
  count: number,
  parts: SampleParts,
  context?: Float32Array,
): Float32Array {
  switch (recipe.kind) {
    case "normal":
      return key.normal(count * recipe.columns);
    case "studentT":
      return drawStudentT(recipe, key, count, parts);
    case "gaussianMixture":
      return drawGaussians(recipe, key, count, parts);
    case "mixture":
      return drawMixture(recipe, key, count, parts, context);
    case "pushed": {
      const { base, plan } = recipe;
      const noise = drawSamples(base, key, count, parts, context);
      const inputs = plan.inputs.length > 1 ? [noise, context as Float32Array] : [noise];
      return parts.run(plan, inputs, count);
    }
  }
}

function drawStudentT(recipe: StudentTRecipe<number>, key: Key, count: number, { array }: SampleParts): Float32Array {
  const { columns: n, degreesOfFreedom: nu, location, whitening } = recipe;
  const [normalKey, chiSquaredKey] = key.split();
  const z = normalKey.normal(count * n);
  const squares = chiSquaredDraws(chiSquaredKey, nu, count);
  const factor = invertLower(Float64Array.from(array(whitening)), n);
  const center = array(location);
  const samples = new Float32Array(count * n);
  for (let r = 0; r < count; r++) {
    const stretch = Math.sqrt(nu / (squares[r] as number));
    for (let i = 0; i < n; i++) samples[r * n + i] = (center[i] as number) + stretch * rowOf(factor, 0, i, z, r, n);
  }
  return samples;
}

function drawGaussians(
  recipe: GaussianMixtureRecipe<number>,
  key: Key,
  count: number,
  { array }: SampleParts,
): Float32Array {
  const { columns: n, components, logits, mean, whitening, correction } = recipe;
  const [choiceKey, noiseKey] = key.split();
  const { weights, means, scaleTrils } = gaussianNumbers(n, {
    logits: array(logits),
    mean: array(mean),
    whitening: array(whitening),
    correction: correction && {
      logDiagonal: array(correction.logDiagonal),
      offDiagonal: array(correction.offDiagonal),
      shift: array(correction.shift),
    },
  });
  const bounds = cumulativeWeights(weights);
  const choices = Int32Array.from(choiceKey.uniform(count), (u) => componentAt(bounds, u));
  // The noise belongs to the rows sorted by component.
  const { sources } = orderByComponent(choices, components);
  const z = noiseKey.normal(count * n);
  const samples = new Float32Array(count * n);
  for (let r = 0; r < count; r++) {
    const k = choices[r] as number;
    for (let i = 0; i < n; i++) {
      const moved = rowOf(scaleTrils, k * n * n, i, z, sources[r] as number, n);
      samples[r * n + i] = (means[k * n + i] as number) + moved;
    }
  }
  return samples;
}

function drawMixture(
  recipe: MixtureRecipe<number, FilePlan>,
  key: Key,
  count: number,
  parts: SampleParts,
  context: Float32Array | undefined,
): Float32Array {
  const { columns: n, components } = recipe;
  const [choiceKey, ...keys] = key.split(components.length + 1) as [Key, ...Key[]];
  const bounds = cumulativeWeights(weightsOf(recipe, parts));
  const choices = Int32Array.from(choiceKey.uniform(count), (u) => componentAt(bounds, u));
  const { counts, targets } = orderByComponent(choices, components.length);
  const samples = new Float32Array(count * n);
  let start = 0;
  for (const [k, component] of components.entries()) {
    const rows = targets.subarray(start, start + (counts[k] as number));
    start += rows.length;
    if (rows.length === 0) continue;
    const given = context && takeRows(context, rows, context.length / count);
    const own = drawSamples(component, keys[k] as Key, rows.length, parts, given);
    for (const [i, row] of rows.entries()) samples.set(own.subarray(i * n, (i + 1) * n), row * n);
  }
  return samples;
}

/** The weights of a mixture, with sum 1. */
function weightsOf({ weights }: MixtureRecipe<number, FilePlan>, { array }: SampleParts): Float64Array {
  if (typeof weights === "number") return softmax(array(weights));
  const total = weights.reduce((a, b) => a + b, 0);
  return Float64Array.from(weights, (weight) => weight / total);
}

/** Number i of `L z` for row `r` of z and the lower triangular L that begins at `from`. */
function rowOf(factor: Float64Array, from: number, i: number, z: Float32Array, r: number, n: number): number {
  let sum = 0;
  for (let j = 0; j <= i; j++) sum += (factor[from + i * n + j] as number) * (z[r * n + j] as number);
  return sum;
}

function takeRows(values: Float32Array, rows: Int32Array, width: number): Float32Array {
  const taken = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) taken.set(values.subarray(row * width, (row + 1) * width), i * width);
  return taken;
}
