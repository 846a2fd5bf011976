import { AFFINE_KERNEL, LOG_SCALE_LIMIT } from "./affine-constants.ts";
import type { KernelOverride } from "./kernel-override.ts";
import { type RowMap, rowMapKernels } from "./row-map-kernels.ts";

/** The affine map and its gradient in one pass over the numbers, in float64. */
export const affineKernels: readonly KernelOverride[] = rowMapKernels(
  AFFINE_KERNEL,
  (raw, attributes) => new Affine(raw, Boolean(attributes.inverse)),
);

class Affine implements RowMap {
  value = 0;
  logDet = 0;
  private readonly raw: Float32Array;
  private readonly inverse: boolean;
  private row = 0;
  private input = 0;
  private shift = 0;
  private tanh = 0;
  private scale = 1;
  private dShift = 0;
  private dLogScale = 0;

  constructor(raw: Float32Array, inverse: boolean) {
    this.raw = raw;
    this.inverse = inverse;
  }

  open(row: number): void {
    this.row = row;
    this.shift = this.raw[2 * row] as number;
    this.tanh = Math.tanh((this.raw[2 * row + 1] as number) / LOG_SCALE_LIMIT);
    const logScale = this.tanh * LOG_SCALE_LIMIT;
    this.logDet = this.inverse ? -logScale : logScale;
    this.scale = Math.exp(this.logDet);
    this.dShift = 0;
    this.dLogScale = 0;
  }

  evaluate(input: number): void {
    this.input = input;
    this.value = this.inverse ? (input - this.shift) * this.scale : input * this.scale + this.shift;
  }

  backward(dValue: number, dLogDet: number): number {
    const dInput = dValue * this.scale;
    if (this.inverse) {
      this.dShift -= dInput;
      this.dLogScale -= dValue * this.value + dLogDet;
    } else {
      this.dShift += dValue;
      this.dLogScale += dInput * this.input + dLogDet;
    }
    return dInput;
  }

  close(gradients: Float32Array): void {
    gradients[2 * this.row] = this.dShift;
    gradients[2 * this.row + 1] = this.dLogScale * (1 - this.tanh * this.tanh);
  }
}
