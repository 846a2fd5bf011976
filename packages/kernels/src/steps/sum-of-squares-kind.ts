import { sumOfSquaresScratchSize } from "../families/sum-of-squares.ts";
import { gradientTargets } from "./elementwise-kinds.ts";
import type { StepKind } from "./step-kind.ts";

/** The op `sumOfSquares`: inputs value and parameters, outputs value and log-slopes. */
export const sumOfSquaresKind: StepKind<"sumOfSquares"> = {
  isFixed: () => true,
  memory: ({ rows, inputs, settings }) => ({
    saved: 0,
    scratch: rows * (inputs[0] + inputs[1]) + sumOfSquaresScratchSize(settings),
  }),
  bind: ({ kernels, settings, input, output, dOutput, dInput, scratch }) => {
    const [x, parameters] = input;
    const [y, logDet] = output;
    const work = scratch.subarray(x.length + parameters.length);
    return {
      forward: () => kernels.sumOfSquaresForward(x, parameters, y, logDet, settings, work),
      backward: () => {
        const [dx, dRaw] = gradientTargets(dInput, input, scratch);
        kernels.sumOfSquaresGradient(x, parameters, ...dOutput, dx, dRaw, settings, work);
      },
    };
  },
};
