import type { Kernels } from "../families/kernels.ts";
import { linearScratchSize } from "../families/linear.ts";

/**
 * The map `y = L·U·x + shift` of each row x, or its inverse. `weight` `[n, n]` contains L, with an implicit diagonal of
 * 1, below its diagonal and U above. Its diagonal contains the raw diagonal of U, which is `softplus(raw + offset) +
 * smallest`.
 */
export interface LuLinear {
  readonly weight: Float32Array;
  readonly shift: Float32Array;
  readonly offset: number;
  readonly smallest: number;
  readonly inverse: boolean;
}

/** Targets for the gradients; omitted gradients are not computed. */
export interface LuLinearGradients {
  readonly x?: Float32Array | undefined;
  readonly weight?: Float32Array | undefined;
  readonly shift?: Float32Array | undefined;
}

/** The factors of the map that ran last, and work arrays, all `[n, n]`. */
export interface LuLinearFactors {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Factors of the inverse map only. */
  readonly lowerInverse: Float64Array;
  readonly upperInverse: Float64Array;
  readonly rooms: readonly [Float64Array, Float64Array, Float64Array];
}

/** Room for the factors of a map of n features. */
export function luLinearFactors(n: number): LuLinearFactors {
  const matrix = (): Float64Array => new Float64Array(n * n);
  return {
    lower: matrix(),
    upper: matrix(),
    lowerInverse: matrix(),
    upperInverse: matrix(),
    rooms: [matrix(), matrix(), matrix()],
  };
}

/**
 * Sizes of the arrays that the caller provides, in numbers. `saved` carries data from the forward to the backward pass.
 */
export function luLinearWorkspace(n: number, batch: number): { readonly saved: number; readonly scratch: number } {
  const scratch = linearScratchSize({ batch, inputs: n, outputs: n });
  return { saved: n * n, scratch: Math.max(batch * n, n * n + n) + scratch };
}

/**
 * y `[batch, n]` of x. The factors are multiplied or inverted in float64; then the rows take one product.
 *
 * @returns log|det|, the same for all rows.
 */
export function luLinearForward(
  kernels: Kernels,
  map: LuLinear,
  x: Float32Array,
  y: Float32Array,
  factors: LuLinearFactors,
  saved: Float32Array,
  scratch: Float32Array,
): number {
  const { shift, inverse } = map;
  const { lower, upper, lowerInverse, upperInverse, rooms } = factors;
  const n = shift.length;
  const sizes = { batch: x.length / n, inputs: n, outputs: n };
  const logDet = readFactors(map, factors);
  // What a row is multiplied by from the right: Uᵀ·Lᵀ, or L⁻ᵀ·U⁻ᵀ.
  const [transposed, product] = rooms;
  if (inverse) {
    invertFactors(factors, n);
    transpose(upperInverse, transposed, n);
    transposedTimes(lowerInverse, transposed, product, n);
  } else {
    transpose(lower, transposed, n);
    transposedTimes(upper, transposed, product, n);
  }
  saved.set(product);
  if (!inverse) {
    kernels.linearForward(x, { weight: saved, bias: shift }, y, sizes, scratch);
    return logDet;
  }
  // Taken away first: as a bias of the product the shift would bring the error of its own size.
  const centered = scratch.subarray(0, x.length);
  kernels.subtractRow(x, shift, centered);
  kernels.linearForward(centered, { weight: saved }, y, sizes, scratch.subarray(x.length));
  return -logDet;
}

/**
 * The gradients of `Σ dy·y + dLogDet·log|det|`, after {@link luLinearForward} with the same arrays; `dLogDet` is the sum
 * over the rows.
 */
export function luLinearBackward(
  kernels: Kernels,
  map: LuLinear,
  x: Float32Array,
  y: Float32Array,
  dy: Float32Array,
  dLogDet: number,
  gradients: LuLinearGradients,
  factors: LuLinearFactors,
  saved: Float32Array,
  scratch: Float32Array,
): void {
  const { shift, inverse } = map;
  const { lower, upper, lowerInverse, upperInverse, rooms } = factors;
  const n = shift.length;
  const sizes = { batch: x.length / n, inputs: n, outputs: n };
  const outer = scratch.subarray(0, n * n);
  const sums = scratch.subarray(n * n, n * n + n);
  const work = scratch.subarray(n * n + n);
  if (gradients.x !== undefined) kernels.linearInputGradient(dy, { weight: saved }, gradients.x, sizes, work);
  if (gradients.weight === undefined && gradients.shift === undefined) return;
  kernels.linearWeightGradient(inverse ? y : x, dy, undefined, outer, sums, sizes, work);
  if (gradients.shift !== undefined) {
    if (inverse) inverseShiftGradient(saved, sums, gradients.shift);
    else gradients.shift.set(sums);
  }
  if (gradients.weight === undefined) return;
  const [product, ofLower, ofUpper] = rooms;
  transpose(outer, product, n);
  if (inverse) {
    // With G = Σ dy·yᵀ the gradient of A = L·U is −A⁻ᵀ·G, so that of U is −U⁻ᵀ·G, and that of L is −L⁻ᵀ·U⁻ᵀ·G·Uᵀ.
    transposedTimes(upperInverse, product, ofUpper, n);
    timesTransposed(ofUpper, upper, product, n);
    transposedTimes(lowerInverse, product, ofLower, n);
  } else {
    // With G = Σ dy·xᵀ, the gradient of A = L·U, that of L is G·Uᵀ, and that of U is Lᵀ·G.
    timesTransposed(product, upper, ofLower, n);
    transposedTimes(lower, product, ofUpper, n);
  }
  const sign = inverse ? -1 : 1;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      gradients.weight[at] = sign * ((j < i ? ofLower : ofUpper)[at] as number);
    }
    const at = i * (n + 1);
    const ofScale = (ofUpper[at] as number) + dLogDet / (upper[at] as number);
    gradients.weight[at] = (sign * ofScale) / (1 + Math.exp(-(map.weight[at] as number) - map.offset));
  }
}

/** Reads L and U from the weight and returns the log of the determinant. */
function readFactors({ weight, offset, smallest, shift }: LuLinear, { lower, upper }: LuLinearFactors): number {
  const n = shift.length;
  let logDet = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      lower[at] = j < i ? (weight[at] as number) : 0;
      upper[at] = j > i ? (weight[at] as number) : 0;
    }
    const raw = (weight[i * (n + 1)] as number) + offset;
    const scale = Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw))) + smallest;
    lower[i * (n + 1)] = 1;
    upper[i * (n + 1)] = scale;
    logDet += Math.log(scale);
  }
  return logDet;
}

/** L⁻¹ and U⁻¹, row by row: each is a unit vector less multiples of rows that are known. */
function invertFactors({ lower, upper, lowerInverse, upperInverse }: LuLinearFactors, n: number): void {
  lowerInverse.fill(0);
  upperInverse.fill(0);
  for (let i = 0; i < n; i++) {
    lowerInverse[i * (n + 1)] = 1;
    for (let k = 0; k < i; k++) {
      const factor = lower[i * n + k] as number;
      for (let j = 0; j <= k; j++) {
        lowerInverse[i * n + j] = (lowerInverse[i * n + j] as number) - factor * (lowerInverse[k * n + j] as number);
      }
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    upperInverse[i * (n + 1)] = 1;
    for (let k = i + 1; k < n; k++) {
      const factor = upper[i * n + k] as number;
      for (let j = k; j < n; j++) {
        upperInverse[i * n + j] = (upperInverse[i * n + j] as number) - factor * (upperInverse[k * n + j] as number);
      }
    }
    const scale = upper[i * (n + 1)] as number;
    for (let j = i; j < n; j++) upperInverse[i * n + j] = (upperInverse[i * n + j] as number) / scale;
  }
}

/** The gradient of the shift of `y = (x − shift)·matrix`, from the sums of dy. */
function inverseShiftGradient(matrix: Float32Array, sums: Float32Array, dShift: Float32Array): void {
  const n = sums.length;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += (matrix[i * n + j] as number) * (sums[j] as number);
    dShift[i] = -sum;
  }
}

function transpose(a: ArrayLike<number>, out: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) out[j * n + i] = a[i * n + j] as number;
  }
}

/** `out = triangleᵀ·a`. */
function transposedTimes(triangle: Float64Array, a: Float64Array, out: Float64Array, n: number): void {
  out.fill(0);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      const factor = triangle[k * n + i] as number;
      // The empty half.
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j] = (out[i * n + j] as number) + factor * (a[k * n + j] as number);
    }
  }
}

/** `out = a·upperᵀ`. */
function timesTransposed(a: Float64Array, upper: Float64Array, out: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = j; k < n; k++) sum += (a[i * n + k] as number) * (upper[j * n + k] as number);
      out[i * n + j] = sum;
    }
  }
}
