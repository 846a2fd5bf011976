import {
  type ColumnSplines,
  columnSplineBackward,
  columnSplineForward,
  columnSplineWorkspace,
} from "./column-spline.ts";
import type { StepKind } from "./step-kind.ts";

/** The op `columnSpline`: a spline for each column, and the log-det of each row. */
export const columnSplineStep: StepKind = {
  hasGradient: true,
  bind: ({ rows, settings, isTraining, input, output, parameters, dOutput, dInput, dParameters }) => {
    const [corners, logWidths, logHeights, logSlopes] = parameters as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const { knots, inverse } = settings as { knots: number; inverse: boolean };
    const splines: ColumnSplines = { corners, logWidths, logHeights, logSlopes, knots, inverse };
    const workspace = columnSplineWorkspace(rows, corners.length / 2, knots, isTraining);
    const [x] = input as [Float32Array];
    const [y, logDet] = output as [Float32Array, Float32Array];
    const gradients = {
      x: dInput[0],
      corners: dParameters[0],
      logWidths: dParameters[1],
      logHeights: dParameters[2],
      logSlopes: dParameters[3],
    };
    return {
      forward: () => columnSplineForward(splines, x, y, logDet, workspace),
      backward: () => {
        const [dValue, dLogDet] = dOutput as [Float32Array, Float32Array];
        columnSplineBackward(splines, x, dValue, dLogDet, gradients, workspace);
      },
    };
  },
};
