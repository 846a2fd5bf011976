import type { CellSettings } from "@pushforward/core/plain";
import { fastExp } from "../scalar/functions.ts";
import type { StepKind } from "./step-kind.ts";

/** Numbers of a cell: code, log-weight, lower end, upper end, width. */
const CELL = 5;
/** `log scale = clamp(raw) + SHIFT`. */
const LOWEST_SCALE = -6;
const HIGHEST_SCALE = 3;
const SCALE_SHIFT = -1.2;
/** Shares below it are 0. */
const LEAST_SHARE = 1e-15;
/** The means of the components start between minus and plus this. */
const SPREAD = 1.5;

/**
 * The log-probability of cells, `log(P(code)·weight + P(smooth)·Σ wₘ massₘ)`, in float64 inside; see `cellLogProb` of
 * `@pushforward/ops`. In training the forward pass leaves the gradient.
 */
export const cellLogProbKind: StepKind<"cellLogProb"> = {
  memory: ({ rows, settings, isTraining }) => ({ saved: isTraining ? rows * headSize(settings) : 0, scratch: 0 }),
  bind: ({ rows, settings, isTraining, input, output, saved, dInput, dOutput }) => {
    const [cells, head] = input;
    const y = output[0];
    const size = headSize(settings);
    const row = new CellRow(settings);
    return {
      forward: () => {
        for (let r = 0; r < rows; r++) {
          const gradient = isTraining ? saved.subarray(r * size, (r + 1) * size) : undefined;
          y[r] = row.logProb(cells, r * CELL, head, r * size, gradient);
        }
      },
      backward: () => {
        const [dCells, dHead] = dInput;
        dCells?.fill(0);
        if (dHead === undefined) return;
        const dy = dOutput[0];
        for (let r = 0, i = 0; r < rows; r++) {
          const d = dy[r] as number;
          for (const end = i + size; i < end; i++) dHead[i] = d * (saved[i] as number);
        }
      },
    };
  },
};

function headSize({ codes, components }: CellSettings): number {
  return codes + 3 * components;
}

/** One row at a time, with memory of its own. */
class CellRow {
  private readonly codes: number;
  private readonly components: number;
  private readonly masses: Float64Array;
  private readonly ofMean: Float64Array;
  private readonly ofScale: Float64Array;

  constructor({ codes, components }: CellSettings) {
    this.codes = codes;
    this.components = components;
    this.masses = new Float64Array(components);
    this.ofMean = new Float64Array(components);
    this.ofScale = new Float64Array(components);
  }

  /** Returns the log-probability. Also writes its gradient with respect to the head, if `gradient` is present. */
  logProb(cells: Float32Array, at: number, head: Float32Array, from: number, gradient?: Float32Array): number {
    const { codes, components } = this;
    const code = cells[at] as number;
    const width = cells[at + 4] as number;
    const logTotal =
      gradient === undefined ? fastLogSumExp(head, from, codes) : fastSoftmax(head, from, codes, gradient, 0);
    const byCode = code >= 0 ? (head[from + code] as number) - logTotal + (cells[at + 1] as number) : -Infinity;
    const isSmooth = components > 0 && width !== 0;
    const bySmooth = isSmooth
      ? (head[from + codes - 1] as number) -
        logTotal +
        this.mixture(cells, at, head, from + codes, gradient !== undefined)
      : -Infinity;
    const higher = Math.max(byCode, bySmooth);
    const logProb = isSmooth ? higher + Math.log1p(Math.exp(-Math.abs(byCode - bySmooth))) : byCode;
    if (gradient === undefined) return logProb;
    const share = isSmooth ? Math.exp(bySmooth - logProb) : 0;
    for (let k = 0; k < codes; k++) gradient[k] = -(gradient[k] as number);
    if (code >= 0) gradient[code] = (gradient[code] as number) + Math.exp(byCode - logProb);
    if (components > 0) this.mixtureGradient(head, from + codes, gradient, isSmooth ? share : 0);
    return logProb;
  }

  /** The log-mass of the interval under the mixture; leaves the shares of the components and, where wanted, their slopes. */
  private mixture(cells: Float32Array, at: number, head: Float32Array, from: number, hasSlopes: boolean): number {
    const { components, masses, ofMean, ofScale } = this;
    const [lower, upper, width] = [cells[at + 2] as number, cells[at + 3] as number, cells[at + 4] as number];
    let highest = -Infinity;
    for (let m = 0; m < components; m++) {
      const raw = head[from + 2 * components + m] as number;
      const logScale = Math.min(Math.max(raw, LOWEST_SCALE), HIGHEST_SCALE) + SCALE_SHIFT;
      const inverse = Math.exp(-logScale);
      const mean = (head[from + components + m] as number) + center(m, components);
      const a = (lower - mean) * inverse;
      const b = (upper - mean) * inverse;
      // σ(b) − σ(a) = σ(b)·σ(−a)·(1 − e^(a − b)) loses nothing, however small or far away the interval is. The logarithm
      // of the product takes one logarithm instead of three.
      const d = Math.abs(width) * inverse;
      const isDensity = width < 0;
      const [tailA, tailB] = [fastExp(-Math.abs(a)), fastExp(-Math.abs(b))];
      const product = (isDensity ? d : -Math.expm1(-d)) / ((1 + tailA) * (1 + tailB));
      const mass = (head[from + m] as number) - Math.max(a, 0) - Math.max(-b, 0) + Math.log(product);
      masses[m] = mass;
      if (mass > highest) highest = mass;
      if (!hasSlopes) continue;
      const [below, above] = [(a > 0 ? 1 : tailA) / (1 + tailA), (b < 0 ? 1 : tailB) / (1 + tailB)];
      ofMean[m] = (below - above) * inverse;
      const isFree = raw > LOWEST_SCALE && raw < HIGHEST_SCALE;
      ofScale[m] = isFree ? a * below - b * above - (isDensity ? 1 : d / Math.expm1(d)) : 0;
    }
    let sum = 0;
    for (let m = 0; m < components; m++) {
      const share = fastExp((masses[m] as number) - highest);
      masses[m] = share;
      sum += share;
    }
    for (let m = 0; m < components; m++) masses[m] = (masses[m] as number) / sum;
    return highest + Math.log(sum) - fastLogSumExp(head, from, components);
  }

  private mixtureGradient(head: Float32Array, from: number, gradient: Float32Array, share: number): void {
    const { codes, components, masses, ofMean, ofScale } = this;
    if (share === 0) {
      gradient.fill(0, codes);
      return;
    }
    gradient[codes - 1] = (gradient[codes - 1] as number) + share;
    fastSoftmax(head, from, components, gradient, codes);
    for (let m = 0; m < components; m++) {
      const mass = share * (masses[m] as number);
      gradient[codes + m] = mass - share * (gradient[codes + m] as number);
      gradient[codes + components + m] = mass * (ofMean[m] as number);
      gradient[codes + 2 * components + m] = mass * (ofScale[m] as number);
    }
  }
}

function center(m: number, components: number): number {
  return components === 1 ? 0 : SPREAD * ((2 * m) / (components - 1) - 1);
}

function fastLogSumExp(values: Float32Array, from: number, count: number): number {
  let highest = -Infinity;
  for (let k = from; k < from + count; k++) highest = Math.max(highest, values[k] as number);
  let sum = 0;
  for (let k = from; k < from + count; k++) sum += fastExp((values[k] as number) - highest);
  return highest + Math.log(sum);
}

/** Writes the softmax of some numbers and returns the logarithm of the divisor. */
function fastSoftmax(values: Float32Array, from: number, count: number, to: Float32Array, at: number): number {
  let highest = -Infinity;
  for (let k = 0; k < count; k++) highest = Math.max(highest, values[from + k] as number);
  let sum = 0;
  for (let k = 0; k < count; k++) {
    const e = fastExp((values[from + k] as number) - highest);
    to[at + k] = e;
    sum += e;
  }
  for (let k = 0; k < count; k++) {
    const share = (to[at + k] as number) / sum;
    // Gradients below the normal numbers would slow down all products that they are in.
    to[at + k] = share < LEAST_SHARE ? 0 : share;
  }
  return highest + Math.log(sum);
}
