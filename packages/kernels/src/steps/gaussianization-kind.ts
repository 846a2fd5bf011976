import { gaussianizationScratchSize } from "../families/gaussianization.ts";
import { gradientTargets } from "./elementwise-kinds.ts";
import type { StepKind } from "./step-kind.ts";

/** The op `gaussianization`: inputs value and parameters, outputs value and log-slopes. */
export const gaussianizationKind: StepKind<"gaussianization"> = {
  isFixed: () => true,
  memory: ({ rows, inputs, settings }) => ({
    saved: 0,
    scratch: rows * (inputs[0] + inputs[1]) + gaussianizationScratchSize(settings.components),
  }),
  bind: ({ kernels, settings, inputs, input, output, dOutput, dInput, scratch }) => {
    const [x, parameters] = input;
    const [y, logDet] = output;
    const map = { ...settings, columns: inputs[0] };
    const work = scratch.subarray(x.length + parameters.length);
    return {
      forward: () => kernels.gaussianizationForward(x, parameters, y, logDet, map, work),
      backward: () => {
        const [dx, dRaw] = gradientTargets(dInput, input, scratch);
        kernels.gaussianizationGradient(x, parameters, ...dOutput, dx, dRaw, map, work);
      },
    };
  },
};
