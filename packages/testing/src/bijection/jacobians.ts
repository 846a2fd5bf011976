import type { Key } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import {
  alongDirection,
  compareParameterGradients,
  compareRowSlopes,
  directionFrom,
  type Gradients,
  moved,
  type RowFunctions,
  sliceSlopes,
  slopesAtZero,
} from "../gradients.ts";
import { Comparison, formatNumber, hostCopy, type Measurement, Violation } from "../law/comparison.ts";
import { inTidy } from "../law/law.ts";
import type { BijectionTrial } from "./bijection-case.ts";
import {
  type Cotangent,
  describeRow,
  gradientsOf,
  type Inputs,
  joinInputs,
  moderateInputs,
  outputs,
  randomCotangent,
  type Side,
  sidesOf,
  tensorsOf,
} from "./side.ts";

const ROWS_AT_ONCE = 4096;

/**
 * Jacobians `∂value[i]/∂x[j]` of each row by automatic differentiation, `[count, size, size]` row-major. Each row is
 * repeated once for every output and differentiated with a one-hot cotangent: one backward pass serves all.
 */
function jacobians(side: Side, inputs: Inputs): Float64Array {
  const size = sizeOf(side.shapeIn);
  const contextSize = inputs.context === undefined ? 0 : inputs.context.length / inputs.count;
  const result = new Float64Array(inputs.count * size * size);
  const step = Math.max(1, Math.floor(ROWS_AT_ONCE / size));
  for (let start = 0; start < inputs.count; start += step) {
    const rows = Math.min(step, inputs.count - start);
    const repeated: Inputs = {
      count: rows * size,
      values: repeatRows(inputs.values, start, rows, size, size),
      context: inputs.context && repeatRows(inputs.context, start, rows, contextSize, size),
    };
    const cotangent = new Float32Array(rows * size * size);
    for (let r = 0; r < rows; r++) for (let i = 0; i < size; i++) cotangent[(r * size + i) * size + i] = 1;
    const gradient = inTidy(() => {
      const [x, context] = tensorsOf(side, repeated);
      const dy = tf.tensor(cotangent, [repeated.count, ...side.shapeOut], "float32");
      return hostCopy(tf.grad((input: tf.Tensor) => side.value(input, context))(x, dy));
    });
    result.set(gradient, start * size * size);
  }
  return result;
}

function repeatRows(values: Float32Array, start: number, rows: number, size: number, times: number): Float32Array {
  const result = new Float32Array(rows * times * size);
  for (let r = 0; r < rows; r++) {
    const row = values.subarray((start + r) * size, (start + r + 1) * size);
    for (let t = 0; t < times; t++) result.set(row, (r * times + t) * size);
  }
  return result;
}

/** log|det A| of a row-major n × n matrix in float64, by LU with partial pivoting; `-Infinity` when A is singular. */
export function logAbsDet(matrix: ArrayLike<number>, n: number): number {
  const a = Float64Array.from(matrix);
  let sum = 0;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(a[i * n + k] as number) > Math.abs(a[pivot * n + k] as number)) pivot = i;
    }
    for (let j = 0; j < n && pivot !== k; j++) {
      const held = a[k * n + j] as number;
      a[k * n + j] = a[pivot * n + j] as number;
      a[pivot * n + j] = held;
    }
    const diagonal = a[k * n + k] as number;
    sum += Math.log(Math.abs(diagonal));
    if (diagonal === 0) return Number.NEGATIVE_INFINITY;
    for (let i = k + 1; i < n; i++) {
      const factor = (a[i * n + k] as number) / diagonal;
      for (let j = k + 1; j < n; j++) a[i * n + j] = (a[i * n + j] as number) - factor * (a[k * n + j] as number);
    }
  }
  return sum;
}

export function logDetIsOfJacobian(trial: BijectionTrial, side: Side): Measurement {
  const size = sizeOf(side.shapeIn);
  const inputs = moderateInputs(side, trial.key.fold(side.name), size <= 8 ? Math.min(200, trial.points) : 32);
  const { logDet } = outputs(side, inputs);
  const matrices = jacobians(side, inputs);
  const comparison = new Comparison(trial.tolerances.jacobian);
  const perRow = logDet.length / inputs.count;
  const elementwise = trial.theCase.elementwise === true || side.rankIn === 0;
  for (let row = 0; row < inputs.count; row++) {
    const matrix = matrices.subarray(row * size * size, (row + 1) * size * size);
    let total = 0;
    for (let i = 0; i < perRow; i++) total += logDet[row * perRow + i] as number;
    comparison.add(total, logAbsDet(matrix, size), () => describeRow(inputs, row));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const order = trial.theCase.triangular;
        const zero = (elementwise && i !== j) || (order && (order[j] as number) > (order[i] as number));
        if (zero && matrix[i * size + j] !== 0) {
          throw new Violation(
            `∂output[${i}]/∂input[${j}] = 0 exactly`,
            formatNumber(matrix[i * size + j] as number),
            describeRow(inputs, row),
          );
        }
      }
    }
  }
  return comparison.result();
}

/** Rows at which gradients are compared; each costs several evaluations per parameter. */
const ROWS = 12;

/** Rounding of a weighted sum of outputs, relative: of a closed form, and of a solution by iteration. */
const ROUNDING = { analytic: 2 ** -21, iterative: 1e-5, none: 2 ** -21 } as const;

/** Outputs of the pair, which are differentiated separately. */
const PARTS = ["value", "logDet"] as const;
type Part = (typeof PARTS)[number];

/**
 * Gradients of value and log-det for the input, the context and each trainable parameter agree with central
 * differences, in both directions, and the value-only method has the gradients of the pair.
 */
export function gradientsAreSlopes(trial: BijectionTrial): Measurement {
  const comparison = new Comparison(trial.tolerances.gradients);
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), Math.min(ROWS, trial.points));
    const point = new Point(trial, side, inputs);
    compareInputs(comparison, point);
    compareParameterGradients(comparison, point, trial.parameters, trial);
  }
  return comparison.result();
}

/** A side at fixed rows, with a weighted sum of the values and a weighted sum of the log-dets of each row. */
class Point implements RowFunctions<Part> {
  readonly trial: BijectionTrial;
  readonly side: Side;
  readonly inputs: Inputs;
  readonly parts = PARTS;
  readonly rounding: Float64Array;
  private readonly weights: Required<Cotangent>;

  constructor(trial: BijectionTrial, side: Side, inputs: Inputs) {
    this.trial = trial;
    this.side = side;
    this.inputs = inputs;
    const weights = randomCotangent(side, inputs.count, "both", trial.key.fold("weights"));
    this.weights = { value: new Float32Array(), logDet: new Float32Array(), ...weights };
    const relative = side.name === "inverse" ? ROUNDING[trial.value.inverseKind] : ROUNDING.analytic;
    const [sums] = this.rowSums([inputs], Math.abs) as [Float64Array];
    this.rounding = sums.map((sum) => relative * (1 + sum));
  }

  get rows(): number {
    return this.inputs.count;
  }

  evaluate(): Float64Array {
    return this.rowSums([this.inputs])[0] as Float64Array;
  }

  /** Sums of each row, for each of some inputs, in one evaluation: first of the values, then of the log-dets. */
  rowSums(inputs: readonly Inputs[], of: (term: number) => number = (term) => term): Float64Array[] {
    const found = outputs(this.side, joinInputs(...inputs));
    return inputs.map(({ count }, k) => {
      const sums = new Float64Array(PARTS.length * count);
      for (const [p, part] of PARTS.entries()) {
        const weights = this.weights[part];
        const perRow = weights.length / count;
        for (const [i, weight] of weights.entries()) {
          const at = p * count + Math.floor(i / perRow);
          sums[at] = (sums[at] as number) + of(weight * (found[part][k * weights.length + i] as number));
        }
      }
      return sums;
    });
  }

  /** Gradients of the sum of all rows, or of some. */
  gradients(part: Part, rows?: Float64Array, method?: "pair" | "value"): Gradients {
    const own = this.weights[part];
    const perRow = own.length / this.rows;
    const weights = rows ? own.map((weight, i) => weight * (rows[Math.floor(i / perRow)] as number)) : own;
    return gradientsOf(this.side, this.inputs, this.trial.parameters, { [part]: weights }, method);
  }

  name(part: Part, source: string): string {
    return `${part === "value" ? "value" : "log-det"} of ${this.side.name} along ${source}`;
  }
}

function compareInputs(comparison: Comparison, point: Point): void {
  const { inputs, side, trial } = point;
  const { values, context, count } = inputs;
  const sources = [
    { name: "x" as const, at: values, way: directionFrom(trial.key.fold("x"), values, side.domain) },
    ...(context === undefined
      ? []
      : [{ name: "context" as const, at: context, way: directionFrom(trial.key.fold("context"), context) }]),
  ];
  const differences = sources.map(({ name, at, way }) => {
    const rowSums = (steps: readonly number[]): Float64Array[] =>
      point.rowSums(steps.map((h) => ({ ...inputs, [name === "x" ? "values" : "context"]: moved(at, way, h) })));
    return { name, way, slopes: slopesAtZero(rowSums, point.rounding, trial.quick ? point : undefined) };
  });
  const compare = (part: Part, method: "pair" | "value"): void => {
    const gradients = point.gradients(part, undefined, method);
    for (const { name, way, slopes } of differences) {
      const what = `${point.name(part, name)}${method === "value" ? ", value-only method" : ""}`;
      const got = alongDirection(gradients[name], way, count);
      const from = PARTS.indexOf(part) * count;
      compareRowSlopes(comparison, got, sliceSlopes(slopes, from, from + count), what, (row) =>
        describeRow(inputs, row),
      );
    }
  };
  compare("value", "pair");
  compare("value", "value");
  compare("logDet", "pair");
}

/** Relative input error of a few units in the last place of float32. */
export const INPUT_ROUNDING: number = 2 ** -22;

// Values moved by a few units in the last place, up or down, and the size of the step for each cell.
export function nudge(array: Float32Array, cells: number, key: Key): { values: Float32Array; steps: Float64Array } {
  const width = array.length / cells;
  const signs = key.uniform(array.length);
  const steps = Float64Array.from({ length: cells }, (_, cell) => INPUT_ROUNDING * maxAbs(array, cell, width));
  return {
    values: array.map((v, i) => v + ((signs[i] as number) < 0.5 ? -1 : 1) * (steps[Math.floor(i / width)] as number)),
    steps,
  };
}

// The largest magnitude of a cell, 1 at least.
export function maxAbs(array: Float32Array, cell: number, width: number): number {
  let largest = 1;
  for (let i = cell * width; i < (cell + 1) * width; i++) largest = Math.max(largest, Math.abs(array[i] as number));
  return largest;
}
