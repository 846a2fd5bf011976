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

/** A matrix with some columns replaced by those of another. */
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
