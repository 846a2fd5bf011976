import type { AffineForm } from "@pushforward/core/plain";
import type { AffineKernels } from "../families/affine.ts";
import { scalarSoftClip, softClipSlope } from "./soft-clip.ts";

/** The affine map in TypeScript, in float64. */
export const scalarAffine: AffineKernels = {
  affineForward(x, parameters, y, logDet, { inverse, stride = 2, ...form }) {
    const scaleOf = new Scale(form);
    for (let i = 0, own = 0; i < x.length; i++, own += stride) {
      const shift = parameters[own] as number;
      scaleOf.raw(parameters[own + 1] as number);
      const { scale, log } = scaleOf;
      y[i] = inverse ? ((x[i] as number) - shift) / scale : (x[i] as number) * scale + shift;
      logDet[i] = inverse ? -log : log;
    }
  },

  affineGradient(x, parameters, dValue, dLogDet, dx, dParameters, { inverse, stride = 2, ...form }) {
    const scaleOf = new Scale(form);
    for (let i = 0, own = 0; i < x.length; i++, own += stride) {
      const shift = parameters[own] as number;
      scaleOf.raw(parameters[own + 1] as number);
      const { scale, logSlope } = scaleOf;
      const d = inverse ? (dValue[i] as number) / scale : (dValue[i] as number) * scale;
      const dLog = dLogDet[i] as number;
      const dLogScale = inverse ? -d * ((x[i] as number) - shift) - dLog : d * (x[i] as number) + dLog;
      dx[i] = d;
      dParameters[own] = inverse ? -d : (dValue[i] as number);
      dParameters[own + 1] = dLogScale * logSlope;
    }
  },
};

/** What follows from a raw number. */
class Scale {
  scale = 1;
  log = 0;
  /** The derivative of the logarithm by the raw number. */
  logSlope = 1;
  private readonly form: AffineForm;

  constructor(form: AffineForm) {
    this.form = form;
  }

  raw(raw: number): void {
    const { scale, limit, offset, least } = this.form;
    if (scale === "tanh") {
      const t = Math.tanh(raw / limit);
      this.log = limit * t;
      this.scale = Math.exp(this.log);
      this.logSlope = 1 - t * t;
    } else if (scale === "clip") {
      this.log = scalarSoftClip(raw, limit);
      this.scale = Math.exp(this.log);
      this.logSlope = softClipSlope(raw, limit);
    } else {
      const z = raw + offset;
      const e = Math.exp(-Math.abs(z));
      const sigmoid = (z < 0 ? e : 1) / (1 + e);
      this.scale = least + (scale === "softplus" ? Math.max(z, 0) + Math.log1p(e) : sigmoid);
      this.log = Math.log(this.scale);
      this.logSlope = (scale === "softplus" ? sigmoid : e / ((1 + e) * (1 + e))) / this.scale;
    }
  }
}
