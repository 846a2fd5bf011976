import type { SinhArcsinhKernels, SinhArcsinhMap } from "../families/sinh-arcsinh.ts";

/** The sinh-arcsinh map in TypeScript, in float64. */
export const scalarSinhArcsinh: SinhArcsinhKernels = {
  sinhArcsinhForward(x, map, y, logSlopes) {
    const columns = map.skewness.length;
    for (let j = 0; j < columns; j++) {
      const { logGain, gain, shift } = columnOf(map, j);
      for (let i = j; i < x.length; i += columns) {
        const u = Math.asinh(x[i] as number);
        const v = gain * u + shift;
        y[i] = Math.sinh(v);
        logSlopes[i] = logGain + logCosh(v) - logCosh(u);
      }
    }
  },

  sinhArcsinhGradient(x, _y, map, dValue, dLogSlopes, { x: dx, skewness: dSkewness, logTailWeight: dLogTailWeight }) {
    const { inverse } = map;
    const columns = map.skewness.length;
    for (let j = 0; j < columns; j++) {
      const { gain, shift } = columnOf(map, j);
      let [ofV, ofLogGain] = [0, 0];
      for (let i = j; i < x.length; i += columns) {
        const input = x[i] as number;
        const dLog = dLogSlopes[i] as number;
        const u = Math.asinh(input);
        const v = gain * u + shift;
        const dV = (dValue[i] as number) * Math.cosh(v) + dLog * Math.tanh(v);
        ofV += dV;
        ofLogGain += dV * gain * u + dLog;
        const coshU = Math.sqrt(1 + input * input);
        if (dx !== undefined) dx[i] = (dV * gain - (dLog * input) / coshU) / coshU;
      }
      if (dSkewness !== undefined) dSkewness[j] = inverse ? -ofV : gain * ofV;
      if (dLogTailWeight !== undefined) dLogTailWeight[j] = inverse ? -ofLogGain : ofLogGain + shift * ofV;
    }
  },
};

/** The map of a column: `y = sinh(gain·asinh x + shift)`. */
function columnOf({ skewness, logTailWeight, inverse }: SinhArcsinhMap, j: number) {
  const [epsilon, logDelta] = [skewness[j] as number, logTailWeight[j] as number];
  const logGain = inverse ? -logDelta : logDelta;
  const gain = Math.exp(logGain);
  return { logGain, gain, shift: inverse ? -epsilon : gain * epsilon };
}

/** log cosh x, which does not overflow. */
function logCosh(x: number): number {
  const size = Math.abs(x);
  return size + Math.log1p(Math.exp(-2 * size)) - Math.LN2;
}
