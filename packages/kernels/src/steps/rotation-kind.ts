import { rotationBackward, rotationForward, rotationRooms, rotationWorkspace } from "../maps/rotation.ts";
import type { StepKind } from "./step-kind.ts";

/** The op `rotation`: each row is turned. */
export const rotationKind: StepKind<"rotation"> = {
  memory: ({ rows, inputs }) => rotationWorkspace(inputs[0], rows),
  bind: ({ kernels, settings, input, inputs, output, parameters, saved, scratch, dOutput, dInput, dParameters }) => {
    const map = { generator: parameters[0], inverse: settings.inverse };
    const rooms = rotationRooms(inputs[0]);
    const gradients = { x: dInput[0], generator: dParameters[0] };
    return {
      forward: () => rotationForward(kernels, map, input[0], output[0], rooms, saved, scratch),
      backward: () => rotationBackward(kernels, map, input[0], dOutput[0], gradients, rooms, saved, scratch),
    };
  },
};
