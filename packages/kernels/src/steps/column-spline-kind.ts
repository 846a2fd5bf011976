import {
  type ColumnSplines,
  columnSplineBackward,
  columnSplineForward,
  columnSplineWorkspace,
} from "../maps/column-spline.ts";
import type { StepKind } from "./step-kind.ts";

/** The op `columnSpline`: a spline for each column, and the log-det of each row. */
export const columnSplineKind: StepKind<"columnSpline"> = {
  bind: ({ rows, settings, isTraining, input, output, parameters, dOutput, dInput, dParameters }) => {
    const [corners, logWidths, logHeights, logSlopes] = parameters;
    const { knots, inverse } = settings;
    const splines: ColumnSplines = { corners, logWidths, logHeights, logSlopes, knots, inverse };
    const workspace = columnSplineWorkspace(rows, corners.length / 2, knots, isTraining);
    const [x] = input;
    const [y, logDet] = output;
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
        const [dValue, dLogDet] = dOutput;
        columnSplineBackward(splines, x, dValue, dLogDet, gradients, workspace);
      },
    };
  },
};
