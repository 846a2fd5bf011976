import type { Kernels } from "./kernels.ts";

/** Largest log-scale, approached softly. */
const LIMIT = 5;

/** The affine map in TypeScript, in float64. */
export const scalarAffine: Pick<Kernels, "affineForward" | "affineGradient"> = {
  affineForward(x, parameters, y, logDet, { inverse, stride = 2 }) {
    for (let i = 0, own = 0; i < x.length; i++, own += stride) {
      const shift = parameters[own] as number;
      const bounded = LIMIT * Math.tanh((parameters[own + 1] as number) / LIMIT);
      const logScale = inverse ? -bounded : bounded;
      const scale = Math.exp(logScale);
      y[i] = inverse ? ((x[i] as number) - shift) * scale : (x[i] as number) * scale + shift;
      logDet[i] = logScale;
    }
  },

  affineGradient(x, parameters, dValue, dLogDet, dx, dParameters, { inverse, stride = 2 }) {
    for (let i = 0, own = 0; i < x.length; i++, own += stride) {
      const shift = parameters[own] as number;
      const t = Math.tanh((parameters[own + 1] as number) / LIMIT);
      const d = (dValue[i] as number) * Math.exp(inverse ? -LIMIT * t : LIMIT * t);
      const dLog = dLogDet[i] as number;
      const dLogScale = inverse ? -d * ((x[i] as number) - shift) - dLog : d * (x[i] as number) + dLog;
      dx[i] = d;
      dParameters[own] = inverse ? -d : (dValue[i] as number);
      dParameters[own + 1] = dLogScale * (1 - t * t);
    }
  },
};
