import { sinhArcsinhScratchSize } from "../families/sinh-arcsinh.ts";
import type { StepKind } from "./step-kind.ts";

/** The op `sinhArcsinh`: a skewness and a tail weight for each column, outputs value and log-slopes. */
export const sinhArcsinhKind: StepKind<"sinhArcsinh"> = {
  isFixed: () => true,
  memory: ({ inputs }) => ({ saved: 0, scratch: sinhArcsinhScratchSize(inputs[0]) }),
  bind: ({ kernels, settings, input, output, parameters, dOutput, dInput, dParameters, scratch }) => {
    const [x] = input;
    const [y, logSlopes] = output;
    const map = { skewness: parameters[0], logTailWeight: parameters[1], inverse: settings.inverse };
    const gradients = { x: dInput[0], skewness: dParameters[0], logTailWeight: dParameters[1] };
    return {
      forward: () => kernels.sinhArcsinhForward(x, map, y, logSlopes, scratch),
      backward: () => kernels.sinhArcsinhGradient(x, y, map, dOutput[0], dOutput[1], gradients, scratch),
    };
  },
};
