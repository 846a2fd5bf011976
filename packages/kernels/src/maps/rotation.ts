import type { Kernels } from "../families/kernels.ts";
import { linearScratchSize } from "../families/linear.ts";

/** The map `y = R·x` of each row x with the rotation `R = exp(W − Wᵀ)` of a generator W `[n, n]`, or its inverse. */
export interface Rotation {
  readonly generator: Float32Array;
  readonly inverse: boolean;
}

/** Targets for the gradients; omitted gradients are not computed. */
export interface RotationGradients {
  readonly x?: Float32Array | undefined;
  readonly generator?: Float32Array | undefined;
}

/** Room for matrices `[n, n]`. */
export type RotationRooms = readonly [
  matrix: Float64Array,
  derivative: Float64Array,
  scaled: Float64Array,
  direction: Float64Array,
  product: Float64Array,
  other: Float64Array,
];

/** The norm to which a matrix is scaled down. */
const SMALL = 0.5;
/** Terms of the series: at that norm the first one left out is 1e-15. */
const TERMS = 12;
/** Maximum number of squarings. With more, an exponential consists of rounding errors. */
const MOST = 60;

/** Room for a rotation of n features. */
export function rotationRooms(n: number): RotationRooms {
  const matrix = (): Float64Array => new Float64Array(n * n);
  return [matrix(), matrix(), matrix(), matrix(), matrix(), matrix()];
}

/**
 * Sizes of the arrays that the caller provides, in numbers. `saved` carries data from the forward to the backward pass.
 */
export function rotationWorkspace(n: number, batch: number): { readonly saved: number; readonly scratch: number } {
  return { saved: n * n, scratch: n * n + linearScratchSize({ batch, inputs: n, outputs: n }) };
}

/** y `[batch, n]` of x. The exponential is computed in float64; then the rows take one product. */
export function rotationForward(
  kernels: Kernels,
  { generator, inverse }: Rotation,
  x: Float32Array,
  y: Float32Array,
  rooms: RotationRooms,
  saved: Float32Array,
  scratch: Float32Array,
): void {
  const [matrix, , scaled, , product] = rooms;
  const n = Math.sqrt(generator.length);
  // What a row is multiplied by from the right: Rᵀ, the exponential of Wᵀ − W, or R.
  readSkew(generator, inverse ? 1 : -1, scaled, n);
  exponential(scaled, matrix, product, n);
  saved.set(matrix);
  kernels.linearForward(x, { weight: saved }, y, { batch: x.length / n, inputs: n, outputs: n }, scratch);
}

/** The gradients of `Σ dy·y`, after {@link rotationForward} with the same arrays. */
export function rotationBackward(
  kernels: Kernels,
  { generator, inverse }: Rotation,
  x: Float32Array,
  dy: Float32Array,
  gradients: RotationGradients,
  rooms: RotationRooms,
  saved: Float32Array,
  scratch: Float32Array,
): void {
  const [matrix, derivative, scaled, direction, product, other] = rooms;
  const n = Math.sqrt(generator.length);
  const sizes = { batch: x.length / n, inputs: n, outputs: n };
  const outer = scratch.subarray(0, n * n);
  const work = scratch.subarray(n * n);
  if (gradients.x !== undefined) kernels.linearInputGradient(dy, { weight: saved }, gradients.x, sizes, work);
  if (gradients.generator === undefined) return;
  kernels.linearWeightGradient(x, dy, undefined, outer, undefined, sizes, work);
  // The adjoint of the derivative at A is the derivative at Aᵀ, which is −A here.
  const sign = inverse ? 1 : -1;
  readSkew(generator, -sign, scaled, n);
  direction.set(outer);
  exponentialDerivative(scaled, direction, matrix, derivative, product, other, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      gradients.generator[i * n + j] = sign * ((derivative[i * n + j] as number) - (derivative[j * n + i] as number));
    }
  }
}

function readSkew(generator: Float32Array, sign: number, out: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      out[i * n + j] = sign * ((generator[i * n + j] as number) - (generator[j * n + i] as number));
    }
  }
}

/** Number of times that `a` is halved for its series; NaN if it has no exponential. */
function squaringsOf(a: Float64Array, n: number): number {
  let norm = 0;
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < n; j++) row += Math.abs(a[i * n + j] as number);
    // NaN comes through.
    norm = row > norm || Number.isNaN(row) ? row : norm;
  }
  if (!Number.isFinite(norm)) return Number.NaN;
  return Math.min(MOST, Math.max(0, Math.ceil(Math.log2(norm / SMALL))));
}

/** e^a into `x`; `a` is overwritten. */
function exponential(a: Float64Array, x: Float64Array, product: Float64Array, n: number): void {
  const squarings = squaringsOf(a, n);
  scale(a, 2 ** -squarings);
  identity(x, n);
  // Horner: I + A(I + A/2(I + A/3(…))).
  for (let k = TERMS; k > 0; k--) {
    multiply(a, x, product, n);
    addIdentity(product, 1 / k, x, n);
  }
  for (let s = 0; s < squarings; s++) {
    multiply(x, x, product, n);
    x.set(product);
  }
}

/** e^a into `x` and its derivative in a direction into `l`, term by term; both arguments are overwritten. */
function exponentialDerivative(
  a: Float64Array,
  direction: Float64Array,
  x: Float64Array,
  l: Float64Array,
  product: Float64Array,
  other: Float64Array,
  n: number,
): void {
  const squarings = squaringsOf(a, n);
  scale(a, 2 ** -squarings);
  scale(direction, 2 ** -squarings);
  identity(x, n);
  l.fill(0);
  for (let k = TERMS; k > 0; k--) {
    multiply(direction, x, product, n);
    multiply(a, l, other, n);
    for (let i = 0; i < l.length; i++) l[i] = ((product[i] as number) + (other[i] as number)) / k;
    multiply(a, x, product, n);
    addIdentity(product, 1 / k, x, n);
  }
  for (let s = 0; s < squarings; s++) {
    multiply(x, l, product, n);
    multiply(l, x, other, n);
    for (let i = 0; i < l.length; i++) l[i] = (product[i] as number) + (other[i] as number);
    multiply(x, x, product, n);
    x.set(product);
  }
}

function scale(a: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) * factor;
}

function identity(out: Float64Array, n: number): void {
  out.fill(0);
  for (let i = 0; i < n; i++) out[i * (n + 1)] = 1;
}

/** `out = I + factor·a`. */
function addIdentity(a: Float64Array, factor: number, out: Float64Array, n: number): void {
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) * factor;
  for (let i = 0; i < n; i++) out[i * (n + 1)] = (out[i * (n + 1)] as number) + 1;
}

function multiply(a: Float64Array, b: Float64Array, out: Float64Array, n: number): void {
  out.fill(0);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k] as number;
      for (let j = 0; j < n; j++) out[i * n + j] = (out[i * n + j] as number) + factor * (b[k * n + j] as number);
    }
  }
}
