import { type Kernels, splineParameterCount } from "../contract/kernels.ts";
import { at, flag } from "./addresses.ts";
import type { KernelExports } from "./kernel-abi.ts";

/** The splines. */
export function splineCalls(calls: KernelExports): Pick<Kernels, "splineForward" | "splineGradient"> {
  return {
    splineForward(x, parameters, y, logDet, settings, scratch, saved) {
      calls.splineForward(
        at(x),
        at(parameters),
        at(y),
        at(logDet),
        x.length,
        settings.stride ?? splineParameterCount(settings),
        settings.bins,
        settings.bound,
        flag(settings.tails === "linear"),
        flag(settings.inverse),
        settings.softmaxScale,
        settings.softmaxLimit,
        settings.minBin,
        settings.slopeLimit,
        settings.slopeOffset,
        settings.minSlope,
        at(scratch),
        at(saved),
      );
    },
    splineGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings, scratch, saved) {
      calls.splineGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        x.length,
        settings.stride ?? splineParameterCount(settings),
        settings.bins,
        settings.bound,
        flag(settings.tails === "linear"),
        flag(settings.inverse),
        settings.softmaxScale,
        settings.softmaxLimit,
        settings.minBin,
        settings.slopeLimit,
        settings.slopeOffset,
        settings.minSlope,
        at(scratch),
        at(saved),
      );
    },
  };
}
