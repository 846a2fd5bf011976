// Where the spline keeps what it works with: what it finds out about its inputs, which may be saved, and its scratch.

/** How bins and slopes follow from raw numbers r. */
@unmanaged
export class Form {
  /** Fixed part of each bin, and the total that all bins share by their weights. */
  least: f64;
  free: f64;
  /** One over `free`. */
  overFree: f64;
  /** How much of `free` a raw number moves. */
  reach: f64;
  /** Slopes are `minSlope + softplus(r + slopeOffset)`. */
  minSlope: f64;
  slopeOffset: f64;
  /** Or, where this is not 0, `e^clip(r)`, with `clip(u) = u/(1 + |u|/slopeLimit)`. */
  slopeLimit: f32;
  /** Weights are the softmax of `softmaxScale·r`, clipped in the same way where this limit is not 0. */
  softmaxScale: f32;
  softmaxLimit: f32;
  /** The largest float32 number within the box. */
  edge: f32;
  /** 2ⁿ, from which on running sums are counted. */
  base: f32;
}

/** The bins of four elements, and the raw slopes z at both knots. */
@unmanaged
export class Bins {
  input: v128;
  /** Four 32-bit integers. */
  bin: v128;
  z0: v128;
  z1: v128;
  /** e^−|z|; or the slope itself, if it is an exponential. */
  exp0: v128;
  exp1: v128;
}

/** The bin in which a pair of elements lies; each number is a pair of float64. */
@unmanaged
export class Place {
  /** From the lower end of the bin to the input; once the bin is traversed, θ. */
  way: v128;
  /** The lower end of the bin on the side that is not searched; once the bin is traversed, one over its width. */
  start: v128;
  /** Once the bin is traversed, 1/D. */
  overD: v128;
  width: v128;
  height: v128;
  slope0: v128;
  slope1: v128;
  /** One over the sum of all weights, for the widths and for the heights. */
  shareP: v128;
  shareQ: v128;
  /** The weight of the bin, and of all below it. */
  hereP: v128;
  hereQ: v128;
  belowP: v128;
  belowQ: v128;
}

/** Result of the forward pass for a pair: y, and dy/dx even if x is computed from y. */
@unmanaged
export class Result {
  value: v128;
  slope: v128;
}

/** The gradients of a pair by the lower left corner and the sides of its bin. */
@unmanaged
export class BinGradients {
  dLeft: v128;
  dWidth: v128;
  dBottom: v128;
  dHeight: v128;
}

/** The gradients of four elements. */
@unmanaged
export class Gradients {
  ofValue: v128;
  ofLogDet: v128;
  dInput: v128;
  dSlope0: v128;
  dSlope1: v128;
  /** These, times the weights, are the gradients of raw widths and heights. */
  dBelowP: v128;
  dHereP: v128;
  dAboveP: v128;
  dBelowQ: v128;
  dHereQ: v128;
  dAboveQ: v128;
}

// What is found out about four elements, which the forward pass may leave for the backward pass: bins, two places, and
// the weights of widths and heights in lanes.
export const LOW: usize = offsetof<Bins>();
export const HIGH: usize = LOW + offsetof<Place>();
export const WEIGHTS: usize = HIGH + offsetof<Place>();

/**
 * Number of elements that one step of the work processes before the next step does. Each step is a `do` loop, which is
 * entered without a condition. Only then do engines keep constants in registers, or ready on the stack, instead of
 * creating each constant at each use, in three instructions.
 */
export const BLOCK: i32 = 16;

// The scratch: the results or the gradients of a block of elements, the form, running sums of weights, products with
// weights, and room for what is found out about the block unless it is saved.
export const BIN_GRADIENTS: usize = offsetof<Gradients>() * (BLOCK / 4);
const FORM: usize = BIN_GRADIENTS + offsetof<BinGradients>() * (BLOCK / 2);
export const SUMS: usize = FORM + 80;

/** Bytes of the running sums of four elements. */
@inline
export function sumBytes(bins: i32): usize {
  return <usize>(bins + 1) << 6;
}

@inline
export function productsIn(scratch: usize, bins: i32): usize {
  return scratch + SUMS + sumBytes(bins) * (BLOCK / 4);
}

/**
 * Temporary storage for the octaves of exponents while the weights of a block are computed. Later it stores products.
 */
@inline
export function octavesIn(scratch: usize, bins: i32): usize {
  return productsIn(scratch, bins);
}

@inline
export function foundIn(scratch: usize, bins: i32): usize {
  return octavesIn(scratch, bins) + (<usize>bins << 5) * (BLOCK / 4);
}

/** Bytes of intermediate results for four elements. */
@inline
export function foundBytes(bins: i32): usize {
  return WEIGHTS + (<usize>bins << 5);
}

@inline
export function formIn(scratch: usize): Form {
  return changetype<Form>(scratch + FORM);
}

export function setForm(
  scratch: usize, bins: i32, bound: f64,
  softmaxScale: f32, softmaxLimit: f32, minBin: f64, slopeLimit: f32, slopeOffset: f64, minSlope: f64,
): void {
  const form = formIn(scratch);
  const free = 2 * bound * (1 - minBin * <f64>bins);
  form.least = 2 * bound * minBin;
  form.free = free;
  // Also where bins are all alike, and nothing is free.
  form.overFree = 1 / max(free, 1e-9 * bound);
  form.reach = free * <f64>softmaxScale;
  form.minSlope = minSlope;
  form.slopeOffset = slopeOffset;
  form.slopeLimit = slopeLimit;
  form.softmaxScale = softmaxScale;
  form.softmaxLimit = softmaxLimit;
  const edge = <f32>bound;
  form.edge = <f64>edge > bound ? reinterpret<f32>(reinterpret<u32>(edge) - 1) : edge;
  // The power of two above the sum of all weights, of which each is at most √2.
  form.base = <f32>(1 << (32 - clz(3 * bins >> 1)));
}

@inline
export function binOf(found: usize, row: i32): i32 {
  return load<i32>(found + (<usize>row << 2), offsetof<Bins>("bin"));
}
