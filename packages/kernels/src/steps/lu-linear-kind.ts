import { luLinearBackward, luLinearFactors, luLinearForward, luLinearWorkspace } from "../maps/lu-linear.ts";
import type { StepKind } from "./step-kind.ts";

/** The op `luLinear`: the map of each row, and its log-det, the same for all. */
export const luLinearKind: StepKind<"luLinear"> = {
  memory: ({ rows, inputs }) => luLinearWorkspace(inputs[0] as number, rows),
  bind: ({ kernels, settings, input, output, parameters, saved, scratch, dOutput, dInput, dParameters }) => {
    const [weight, shift] = parameters;
    const { offset, smallest, inverse } = settings;
    const map = { weight, shift, offset, smallest, inverse };
    const factors = luLinearFactors(shift.length);
    const [x] = input;
    const [y, logDet] = output;
    const gradients = { x: dInput[0], weight: dParameters[0], shift: dParameters[1] };
    return {
      forward: () => {
        logDet.fill(luLinearForward(kernels, map, x, y, factors, saved, scratch));
      },
      backward: () => {
        const [dy, dLogDet] = dOutput;
        let sum = 0;
        for (let r = 0; r < dLogDet.length; r++) sum += dLogDet[r] as number;
        luLinearBackward(kernels, map, x, y, dy, sum, gradients, factors, saved, scratch);
      },
    };
  },
};
