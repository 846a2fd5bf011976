import type { ScaleMap } from "@pushforward/core";
import type { Kernels } from "../contract/kernels.ts";
import { at, flag } from "./addresses.ts";
import type { KernelExports } from "./kernel-abi.ts";

// As in assembly/affine.ts.
const scaleMaps: Readonly<Record<ScaleMap, number>> = { tanh: 0, clip: 1, softplus: 2, sigmoid: 3 };

/** Maps of one number at a time. */
export function elementwiseCalls(calls: KernelExports): Pick<Kernels, "affineForward" | "affineGradient"> {
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
  };
}
