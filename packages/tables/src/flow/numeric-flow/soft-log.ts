/**
 * The bijection from numbers above 0 to all numbers that is the logarithm far below a scale s and nearly x far above it,
 *
 *     y = s log(exp(x/s) − 1),   dy/dx = 1/(1 − exp(−x/s))
 *
 * the inverse of softplus.
 */
export class SoftLog {
  private readonly scale: number;

  constructor(scale: number) {
    this.scale = scale;
  }

  forward(x: number): number {
    const t = x / this.scale;
    return this.scale * (t + Math.log(-Math.expm1(-t)));
  }

  /** `log dy/dx`. */
  logSlope(x: number): number {
    return -Math.log(-Math.expm1(-x / this.scale));
  }

  inverse(y: number): number {
    const t = y / this.scale;
    return this.scale * (Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t))));
  }
}
