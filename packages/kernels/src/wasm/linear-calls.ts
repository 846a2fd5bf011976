import type { Kernels } from "../contract/kernels.ts";
import { at, flag } from "./addresses.ts";
import type { KernelExports } from "./kernel-abi.ts";

/** The linear layers. */
export function linearCalls(calls: KernelExports): Pick<Kernels, "linearForward" | "linearPart"> {
  return {
    linearForward(x, { weight, mask, ranges, bias }, y, { batch, inputs, outputs }, scratch, finish) {
      calls.linearForward(
        at(x),
        at(weight),
        at(mask),
        at(ranges),
        at(bias),
        at(y),
        batch,
        inputs,
        outputs,
        flag(finish?.accumulate),
        flag(finish?.relu),
        at(scratch),
      );
    },
    linearPart(x, weight, bias, y, sizes, scratch, finish) {
      const { batch, depth, columns, xStart = 0, xStride, weightStart = 0, weightStride } = sizes;
      const { biasStart = 0, yStart = 0, yStride } = sizes;
      calls.linearPart(
        at(x, xStart),
        xStride,
        at(weight, weightStart),
        weightStride,
        at(bias, biasStart),
        at(y, yStart),
        yStride,
        batch,
        depth,
        columns,
        flag(finish?.accumulate),
        flag(finish?.relu),
        at(scratch),
      );
    },
  };
}

/** Their gradients. */
export function linearGradientCalls(
  calls: KernelExports,
): Pick<Kernels, "linearInputGradient" | "linearWeightGradient"> {
  return {
    linearInputGradient(dy, { weight, mask, ranges }, dx, { batch, inputs, outputs }, scratch, finish) {
      calls.linearInputGradient(
        at(dy),
        at(weight),
        at(mask),
        at(ranges),
        at(finish?.gate),
        at(dx),
        batch,
        inputs,
        outputs,
        flag(finish?.accumulate),
        at(scratch),
      );
    },
    linearWeightGradient(x, dy, mask, dWeight, dBias, { batch, inputs, outputs }, scratch, ranges) {
      calls.linearWeightGradient(
        at(x),
        at(dy),
        at(mask),
        at(ranges),
        at(dWeight),
        at(dBias),
        batch,
        inputs,
        outputs,
        at(scratch),
      );
    },
  };
}
