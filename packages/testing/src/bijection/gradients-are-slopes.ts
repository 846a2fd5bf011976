import { alongDirection, directionFrom, moved } from "../gradients/direction.ts";
import { sliceSlopes, slopesAtZero } from "../gradients/finite-difference.ts";
import { compareRowSlopes } from "../gradients/gradient-comparison.ts";
import type { Gradients } from "../gradients/host-gradients.ts";
import { compareParameterGradients, type RowFunctions } from "../gradients/parameter-gradients.ts";
import { Comparison, type Measurement } from "../law/comparison.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import {
  type Cotangent,
  describeRow,
  gradientsOf,
  type Inputs,
  moderateInputs,
  outputs,
  randomCotangent,
  type Side,
  sidesOf,
} from "./side.ts";

/** Rows at which gradients are compared; each costs several evaluations per parameter. */
const ROWS = 12;

/** Rounding of a weighted sum of outputs, relative: of a closed form, and of a solution by iteration. */
const ROUNDING = { analytic: 2 ** -21, iterative: 1e-5, none: 2 ** -21 } as const;

/** What is differentiated: each output of the pair by itself. */
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
    compareParameterGradients(comparison, point, trial.parameters, trial.key);
  }
  return comparison.result();
}

/** A side at fixed rows, with one weighted sum of the values, and one of the log-dets, of each row. */
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
    this.rounding = this.rowSums(inputs, Math.abs).map((sum) => relative * (1 + sum));
  }

  get rows(): number {
    return this.inputs.count;
  }

  evaluate(): Float64Array {
    return this.rowSums(this.inputs);
  }

  /** The sums of each row: those of the values, then those of the log-dets. */
  rowSums(inputs: Inputs, of: (term: number) => number = (term) => term): Float64Array {
    const found = outputs(this.side, inputs);
    const { count } = inputs;
    const sums = new Float64Array(PARTS.length * count);
    for (const [p, part] of PARTS.entries()) {
      const weights = this.weights[part];
      const perRow = weights.length / count;
      for (const [i, weight] of weights.entries()) {
        const at = p * count + Math.floor(i / perRow);
        sums[at] = (sums[at] as number) + of(weight * (found[part][i] as number));
      }
    }
    return sums;
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
    const rowSums = (h: number): Float64Array =>
      point.rowSums(
        name === "x" ? { ...inputs, values: moved(at, way, h) } : { ...inputs, context: moved(at, way, h) },
      );
    return { name, way, slopes: slopesAtZero(rowSums, point.rounding) };
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
