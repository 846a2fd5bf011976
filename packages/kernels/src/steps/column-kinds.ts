import {
  type ColumnSplines,
  columnSplineBackward,
  columnSplineForward,
  columnSplineWorkspace,
} from "../maps/column-spline.ts";
import { luLinearBackward, luLinearFactors, luLinearForward, luLinearWorkspace } from "../maps/lu-linear.ts";
import { rotationBackward, rotationForward, rotationRooms, rotationWorkspace } from "../maps/rotation.ts";
import type { StepCall, StepKind, StepShape } from "./step-kind.ts";

/** Some columns of a matrix. */
export const columnsKind: StepKind<"columns"> = {
  isFixed: () => true,
  memory: columnMemory,
  bind: (call) => {
    const { kernels, inputs, input, output, dOutput, dInput } = call;
    const columns = columnsOf(call);
    const [x, y] = [input[0], output[0]];
    return {
      forward: () => kernels.gatherColumns(x, columns, y),
      backward: () => {
        const dx = dInput[0];
        if (dx === undefined) return;
        kernels.clear(dx);
        // A column may be wanted twice.
        kernels.scatterColumns(dOutput[0], columns, dx, inputs[0] as number, true);
      },
    };
  },
};

/** A matrix with some columns replaced by columns of a second matrix. */
export const replaceColumnsKind: StepKind<"replaceColumns"> = {
  isFixed: () => true,
  memory: columnMemory,
  bind: (call) => {
    const { kernels, inputs, input, output, dOutput, dInput } = call;
    const columns = columnsOf(call);
    const width = inputs[0] as number;
    const [x, part] = input;
    const y = output[0];
    return {
      forward: () => {
        kernels.copy(x, y);
        kernels.scatterColumns(part, columns, y, width);
      },
      backward: () => {
        const dy = dOutput[0];
        const [dx, dPart] = dInput;
        if (dPart !== undefined) kernels.gatherColumns(dy, columns, dPart);
        if (dx === undefined) return;
        kernels.copy(dy, dx);
        kernels.scatterColumns(undefined, columns, dx, width);
      },
    };
  },
};

/** Columns written into a matrix that is filled in parts. */
export const fillColumnsKind: StepKind<"fillColumns"> = {
  isFixed: () => true,
  memory: columnMemory,
  bind: (call) => {
    const { kernels, outputs, input, output } = call;
    const columns = columnsOf(call);
    return {
      forward: () => kernels.scatterColumns(input[0], columns, output[0], outputs[0] as number),
    };
  },
};

/** A parameter as each row. */
export const parameterRowsKind: StepKind<"parameterRows"> = {
  isFixed: () => true,
  bind: ({ kernels, output, parameters, dOutput, dParameters }) => ({
    forward: () => kernels.repeatRow(parameters[0], output[0]),
    backward: () => {
      if (dParameters[0] !== undefined) kernels.sumRows(dOutput[0], dParameters[0]);
    },
  }),
};

/** The sum of all columns of all matrices. */
export const sumColumnsKind: StepKind<"sumColumns"> = {
  isFixed: () => true,
  memory: ({ rows }) => ({ saved: 0, scratch: 2 * rows }),
  bind: ({ kernels, inputs, input, output, dOutput, dInput, scratch }) => ({
    forward: () => kernels.sumColumns(input, output[0], scratch),
    backward: () => {
      const dy = dOutput[0];
      for (const [k, dx] of dInput.entries()) {
        if (dx === undefined) continue;
        if (inputs[k] === 1) kernels.copy(dy, dx);
        else kernels.spreadColumns(dy, dx);
      }
    },
  }),
};

/** The log-density of independent standard normals, a row at a time. */
export const standardNormalLogProbKind: StepKind<"standardNormalLogProb"> = {
  isFixed: () => true,
  bind: ({ kernels, input, output, dOutput, dInput }) => {
    const [x, y] = [input[0], output[0]];
    return {
      forward: () => kernels.normalLogProb(x, y),
      backward: () => {
        if (dInput[0] !== undefined) kernels.normalLogProbGradient(x, dOutput[0], dInput[0]);
      },
    };
  },
};

type ColumnOperation = "columns" | "replaceColumns" | "fillColumns";

/** Room for a list of columns where kernels can read it. */
function columnMemory({ settings }: StepShape<ColumnOperation>): { readonly saved: number; readonly scratch: number } {
  return { saved: settings.columns.length, scratch: 0 };
}

function columnsOf({ settings, saved }: Pick<StepCall<ColumnOperation>, "settings" | "saved">): Int32Array {
  const columns = settings.columns;
  const list = new Int32Array(saved.buffer, saved.byteOffset, columns.length);
  list.set(columns);
  return list;
}

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

/** Rows of learned tables, one table for each column of codes. A code outside its table yields NaN. */
export const embeddingKind: StepKind<"embedding"> = {
  bind: ({ rows, settings, input, output, parameters, dInput, dOutput, dParameters }) => {
    const codes = input[0];
    const y = output[0];
    const table = parameters[0];
    const { tables } = settings;
    let end = 0;
    const starts = tables.map((one) => {
      const start = end;
      end += one.codes * one.width;
      return start;
    });
    /** Calls `each` with the place of the row of a code in the table, or −1, and its place in y. */
    const visit = (each: (from: number, to: number, width: number) => void): void => {
      for (let r = 0, i = 0, to = 0; r < rows; r++) {
        for (let j = 0; j < tables.length; j++, i++) {
          const { codes: count, width } = tables[j] as { codes: number; width: number };
          const code = codes[i] as number;
          const isKnown = code >= 0 && code < count;
          each(isKnown ? (starts[j] as number) + code * width : -1, to, width);
          to += width;
        }
      }
    };
    return {
      forward: () =>
        visit((from, to, width) => {
          if (from < 0) y.fill(Number.NaN, to, to + width);
          else for (let k = 0; k < width; k++) y[to + k] = table[from + k] as number;
        }),
      backward: () => {
        dInput[0]?.fill(0);
        const dTable = dParameters[0];
        if (dTable === undefined) return;
        const dy = dOutput[0];
        dTable.fill(0);
        visit((from, to, width) => {
          if (from < 0) return;
          for (let k = 0; k < width; k++) dTable[from + k] = (dTable[from + k] as number) + (dy[to + k] as number);
        });
      },
    };
  },
};
