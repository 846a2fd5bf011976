import type { ScaleMap } from "@pushforward/core";
import type { Kernels } from "../contract/kernels.ts";
import { at, flag } from "./addresses.ts";
import type { KernelExports } from "./kernel-abi.ts";

// As in assembly/affine.ts.
const scaleMaps: Readonly<Record<ScaleMap, number>> = { tanh: 0, clip: 1, softplus: 2, sigmoid: 3 };

/** Maps of one number at a time. */
export function elementwiseCalls(
  calls: KernelExports,
): Pick<Kernels, "affineForward" | "affineGradient" | "sinhArcsinhForward" | "sinhArcsinhGradient"> {
  return {
    affineForward(x, parameters, y, logDet, settings) {
      const { inverse, stride = 2, scale, limit, offset, least } = settings;
      calls.affineForward(
        at(x),
        at(parameters),
        at(y),
        at(logDet),
        x.length,
        stride,
        flag(inverse),
        scaleMaps[scale],
        limit,
        offset,
        least,
      );
    },
    affineGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings) {
      const { inverse, stride = 2, scale, limit, offset, least } = settings;
      calls.affineGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        x.length,
        stride,
        flag(inverse),
        scaleMaps[scale],
        limit,
        offset,
        least,
      );
    },
    sinhArcsinhForward(x, { skewness, logTailWeight, inverse }, y, logSlopes, scratch) {
      const columns = skewness.length;
      const rows = x.length / columns;
      calls.sinhArcsinhForward(
        at(x),
        at(skewness),
        at(logTailWeight),
        at(y),
        at(logSlopes),
        rows,
        columns,
        flag(inverse),
        at(scratch),
      );
    },
    sinhArcsinhGradient(x, y, { skewness, logTailWeight, inverse }, dValue, dLogSlopes, gradients, scratch) {
      const columns = skewness.length;
      const rows = x.length / columns;
      calls.sinhArcsinhGradient(
        at(x),
        at(y),
        at(skewness),
        at(logTailWeight),
        at(dValue),
        at(dLogSlopes),
        at(gradients.x),
        at(gradients.skewness),
        at(gradients.logTailWeight),
        rows,
        columns,
        flag(inverse),
        at(scratch),
      );
    },
  };
}
