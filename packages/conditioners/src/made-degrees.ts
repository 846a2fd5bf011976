import type { NetworkConvention } from "./network-layout.ts";

/**
 * Degrees of the hidden units of a MADE (Germain et al. 2015, arXiv:1502.03509): a unit of degree k sees the first k
 * variables in order, and only variables after the k-th see it. They are sorted, so that what a unit may see is a
 * prefix of the layer below.
 *
 * Degrees cycle through 1 … ranks − 1. With a context they start at 0: units that see only the context let it reach
 * the first variable through a nonlinear map. A layer narrower than the list of degrees spreads them evenly and keeps
 * the largest, or the last variables would influence nothing.
 *
 * zuko has the first of them in a narrow layer. In nflows they start at 1 with a context too, and at 0 only for a single
 * variable.
 */
export function hiddenDegrees(
  width: number,
  ranks: number,
  hasContext: boolean,
  convention: NetworkConvention = "pushforward",
): number[] {
  const degrees = unsortedDegrees(width, ranks, hasContext, convention);
  return degrees.sort((a, b) => a - b);
}

/** Which hidden layer of a masked network. */
export interface LibraryUnitsOptions {
  readonly convention: NetworkConvention;
  /** How many units the layer has. */
  readonly width: number;
  /** How many ranks there are: the number of variables, or fewer where some have the same rank. */
  readonly ranks: number;
  /** Number of context columns. */
  readonly context: number;
}

/**
 * Which unit of zuko or nflows each hidden unit of a `Made` is: unit i of ours is unit `units[i]` of the library. Ours are
 * sorted by degree, so that what a unit sees is a prefix of the layer before; there degrees repeat in turn. Units of one
 * degree keep their sequence. It is the same for all hidden layers of one width.
 *
 * With weights `[out, in]` of the library, between hidden layers whose units are `from` and `to`, ours are
 * `weight[i][j] = theirs[to[j]][from[i]]`, and `bias[j] = theirs[to[j]]`.
 *
 * @example
 * libraryUnits({ convention: "nflows", width: 5, ranks: 3, context: 0 }); // → [0, 2, 4, 1, 3]
 * // degrees 1 2 1 2 1
 */
export function libraryUnits({ convention, width, ranks, context }: LibraryUnitsOptions): number[] {
  if (convention === "pushforward") return [...Array(width).keys()];
  const degrees = unsortedDegrees(width, ranks, context > 0, convention);
  return [...degrees.keys()].sort((a, b) => (degrees[a] as number) - (degrees[b] as number));
}

/** The degrees in the order of the convention. */
function unsortedDegrees(width: number, ranks: number, hasContext: boolean, convention: NetworkConvention): number[] {
  // The context reaches all units of nflows by maps of its own.
  const smallest = hasContext && convention !== "nflows" ? 0 : Math.min(1, ranks - 1);
  const count = Math.max(1, ranks - smallest);
  return Array.from({ length: width }, (_, i) =>
    convention === "pushforward" && width < count
      ? smallest + Math.floor(((i + 1) * count) / width) - 1
      : smallest + (i % count),
  );
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
