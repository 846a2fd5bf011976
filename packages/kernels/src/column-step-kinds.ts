import type { StepKind } from "./step-kind.ts";

/** Some columns of a matrix. */
export const columnsStep: StepKind = {
  hasGradient: true,
  bind: ({ rows, inputs, settings, input, output, dOutput, dInput }) => {
    const columns = settings["columns"] as readonly number[];
    const width = inputs[0] as number;
    const [x, y] = [input[0] as Float32Array, output[0] as Float32Array];
    return {
      forward: () => gather(x, width, columns, y, rows),
      backward: () => {
        const dx = dInput[0];
        if (dx === undefined) return;
        dx.fill(0);
        const dy = dOutput[0] as Float32Array;
        for (let r = 0, at = 0; r < rows; r++) {
          for (const column of columns) {
            const i = r * width + column;
            dx[i] = (dx[i] as number) + (dy[at++] as number);
          }
        }
      },
    };
  },
};

/** A matrix with some columns replaced by those of another. */
export const replaceColumnsStep: StepKind = {
  hasGradient: true,
  bind: ({ rows, inputs, settings, input, output, dOutput, dInput }) => {
    const columns = settings["columns"] as readonly number[];
    const width = inputs[0] as number;
    const [x, part] = input as [Float32Array, Float32Array];
    const y = output[0] as Float32Array;
    return {
      forward: () => {
        y.set(x);
        scatter(part, y, width, columns, rows);
      },
      backward: () => {
        const dy = dOutput[0] as Float32Array;
        const [dx, dPart] = dInput;
        if (dPart !== undefined) gather(dy, width, columns, dPart, rows);
        if (dx === undefined) return;
        dx.set(dy);
        for (let r = 0; r < rows; r++) for (const column of columns) dx[r * width + column] = 0;
      },
    };
  },
};

/** Columns written into a matrix that is filled in parts. */
export const fillColumnsStep: StepKind = {
  hasGradient: false,
  bind: ({ rows, outputs, settings, input, output }) => {
    const columns = settings["columns"] as readonly number[];
    return {
      forward: () => scatter(input[0] as Float32Array, output[0] as Float32Array, outputs[0] as number, columns, rows),
    };
  },
};

/** A parameter as each row. */
export const parameterRowsStep: StepKind = {
  hasGradient: true,
  bind: ({ rows, output, parameters, dOutput, dParameters }) => {
    const values = parameters[0] as Float32Array;
    const y = output[0] as Float32Array;
    return {
      forward: () => {
        for (let r = 0; r < rows; r++) y.set(values, r * values.length);
      },
      backward: () => {
        const gradient = dParameters[0];
        if (gradient === undefined) return;
        const dy = dOutput[0] as Float32Array;
        for (let j = 0; j < gradient.length; j++) {
          let sum = 0;
          for (let i = j; i < dy.length; i += gradient.length) sum += dy[i] as number;
          gradient[j] = sum;
        }
      },
    };
  },
};

/** The sum of all columns of all matrices. */
export const sumColumnsStep: StepKind = {
  hasGradient: true,
  bind: ({ rows, inputs, input, output, dOutput, dInput }) => {
    const y = output[0] as Float32Array;
    const sums = new Float64Array(rows);
    return {
      forward: () => {
        sums.fill(0);
        for (let k = 0; k < input.length; k++) addColumns(input[k] as Float32Array, inputs[k] as number, sums);
        y.set(sums);
      },
      backward: () => {
        const dy = dOutput[0] as Float32Array;
        for (const [k, dx] of dInput.entries()) {
          if (dx === undefined) continue;
          const width = inputs[k] as number;
          if (width === 1) dx.set(dy);
          else for (let i = 0; i < dx.length; i++) dx[i] = dy[(i / width) | 0] as number;
        }
      },
    };
  },
};

/** The log-density of independent standard normals, a row at a time. */
export const standardNormalLogProbStep: StepKind = {
  hasGradient: true,
  bind: ({ kernels, input, output, dOutput, dInput }) => {
    const [x, y] = [input[0] as Float32Array, output[0] as Float32Array];
    return {
      forward: () => kernels.normalLogProb(x, y),
      backward: () => {
        if (dInput[0] !== undefined) kernels.normalLogProbGradient(x, dOutput[0] as Float32Array, dInput[0]);
      },
    };
  },
};

function addColumns(x: Float32Array, width: number, sums: Float64Array): void {
  if (width === 1) for (let r = 0; r < sums.length; r++) sums[r] = (sums[r] as number) + (x[r] as number);
  else {
    for (let r = 0, at = 0; r < sums.length; r++) {
      let sum = sums[r] as number;
      for (const end = at + width; at < end; at++) sum += x[at] as number;
      sums[r] = sum;
    }
  }
}

function gather(x: Float32Array, width: number, columns: readonly number[], y: Float32Array, rows: number): void {
  for (let r = 0, at = 0; r < rows; r++) for (const column of columns) y[at++] = x[r * width + column] as number;
}

function scatter(part: Float32Array, y: Float32Array, width: number, columns: readonly number[], rows: number): void {
  for (let r = 0, at = 0; r < rows; r++) for (const column of columns) y[r * width + column] = part[at++] as number;
}
