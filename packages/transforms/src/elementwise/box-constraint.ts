import { type Bijection, type Codec, DomainError, OptionError, ShapeError } from "@pushforward/core";
import {
  AbstractElementwise,
  type ConfigField,
  checkOptions,
  classCodec,
  type Direction,
  describeValue,
  field,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import { boxConstraintStep, clip, fixedMapStep, log1mexp, log1p, softClip, softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { outside } from "../positive-scale.ts";

/** Options of {@link BoxConstraint}: one number for each feature. */
export interface BoxConstraintOptions {
  /** Lower bounds; `-Infinity` for none. */
  readonly low: ArrayLike<number>;
  /** Upper bounds; `Infinity` for none. */
  readonly high: ArrayLike<number>;
  /**
   * How much of an interval keeps its shape: the map is the identity but for about `1/sharpness` of the width at each end.
   * Default: 50; 0 is the logistic map, which bends everywhere.
   */
  readonly sharpness?: number;
}

/** Adjacent columns with the same type of bounds. */
interface Run {
  readonly from: number;
  readonly columns: number;
  readonly kind: Kind;
}

type Kind = "interval" | "above" | "below" | "line";

const SHARPNESS = 50;
/** Maximum sharpness: above it, the bends at the bounds would be too narrow for float32. */
const SHARPEST = 1e4;

/** Where a number at the end of an interval is taken to lie: half a unit of its last place inside, a share of the width. */
const END = 2 ** -25;
/** The same for a half-line. */
const SMALLEST = 2 ** -126;

/**
 * Maps ℝᵈ onto a box, column by column, so that a flow with this final map has no mass outside:
 *
 * - two bounds: with `k = sharpness/(high − low)` and ς the softplus, `x = low + (ς(k(u − low)) − ς(k(u − high)))/k`,
 * `dx/du = σ(k(u − low)) − σ(k(u − high))`: nearly u inside, with smooth bends at the bounds. The inverse is `u = x +
 * (h(x − low) − h(high − x))/k` with `h(a) = ln(1 − e^{−ka})`. With sharpness 0, `x = low + (high − low)·σ(u)`;
 * - a lower bound: `x = low + eᵘ`, an upper bound: `x = high − eᵘ`, `log|dx/du| = u`;
 * - no bound: `x = u`.
 *
 * No result is outside, including rounding; extreme results may be on a bound. The inverse moves a number on a bound
 * just inside. Outside, the log-det is −∞, and so is the log-density of a flow.
 *
 * Shapes: u and x `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} `low` and `high` of different lengths; a value with a different event shape.
 * @throws {OptionError} no features; a bound that is NaN or no float32; a sharpness out of range.
 * @throws {DomainError} a lower bound that is not below the upper one.
 * @example
 * const box = new BoxConstraint({ low: [0, -1, -Infinity], high: [Infinity, 1, Infinity] });
 * box.forward(tf.tensor([[0, 0.3, 0]])); // → [[1, 0.3, 0]]
 */
export class BoxConstraint extends AbstractElementwise {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly sharpness: number;
  private readonly runs: readonly Run[];

  constructor(options: BoxConstraintOptions) {
    checkOptions("BoxConstraint", options, { low: true, high: true, sharpness: true });
    super("BoxConstraint", [options.low.length]);
    // As float32, because that is where they are compared.
    this.low = Array.from(options.low, Math.fround);
    this.high = Array.from(options.high, Math.fround);
    if (this.low.length !== this.high.length) {
      throw new ShapeError(
        `BoxConstraint: expected as many lower as upper ends, got ${this.low.length} and ${this.high.length}.`,
      );
    }
    if (this.low.length === 0) throw new OptionError("BoxConstraint: expected at least 1 feature, got 0.");
    for (const [j, low] of this.low.entries()) checkEnds(options, low, this.high[j] as number, j);
    this.sharpness = options.sharpness ?? SHARPNESS;
    if (!(this.sharpness >= 0 && this.sharpness <= SHARPEST)) {
      throw new OptionError(`BoxConstraint: expected a sharpness from 0 to ${SHARPEST}, got ${this.sharpness}.`);
    }
    this.runs = runsOf(this.low, this.high);
  }

  protected forwardMap(u: tf.Tensor): MapResult {
    const [value, logSlope] = this.byRun(u, (part, run) => [this.push(part, run), this.logSlope(part, run)]);
    return [value as tf.Tensor, logSlope as tf.Tensor];
  }

  protected inverseMap(x: tf.Tensor): MapResult {
    const [value, logSlope] = this.byRun(x, (part, run) => this.pull(part, run));
    return [value as tf.Tensor, logSlope as tf.Tensor];
  }

  protected override forwardValue(u: tf.Tensor): tf.Tensor {
    return this.byRun(u, (part, run) => [this.push(part, run)])[0] as tf.Tensor;
  }

  /** The box, which is the image of this map. */
  get support(): Bijection {
    return this;
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return boxConstraintStep(plan, direction, this.planEvent(value), this);
  }

  /** Maps of all columns, computed per run of equal type, so no gradient passes an unused branch. */
  private byRun(x: tf.Tensor, map: (part: tf.Tensor, run: Run) => tf.Tensor[]): tf.Tensor[] {
    if (this.runs.length === 1) return map(x, this.runs[0] as Run);
    const parts = this.runs.map((run) => {
      const begin = [...Array(x.rank - 1).fill(0), run.from];
      return map(tf.slice(x, begin, [...x.shape.slice(0, -1), run.columns]), run);
    });
    return (parts[0] as tf.Tensor[]).map((_, k) =>
      tf.concat(
        parts.map((part) => part[k] as tf.Tensor),
        -1,
      ),
    );
  }

  private push(u: tf.Tensor, run: Run): tf.Tensor {
    const { low, high, width } = this.ends(run);
    if (run.kind === "above") return tf.add(low, tf.exp(u));
    if (run.kind === "below") return tf.sub(high, tf.exp(u));
    if (run.kind === "line") return tf.clone(u);
    // From the nearer end, so that no rounding leads past the other one.
    if (this.sharpness > 0) {
      const slope = tf.div(this.sharpness, width);
      const distance = (from: tf.Tensor): tf.Tensor => {
        const scaled = tf.mul(slope, from);
        return tf.div(tf.sub(softplus(scaled), softplus(tf.sub(scaled, this.sharpness))), slope);
      };
      const isUpper = tf.greaterEqual(u, tf.mul(tf.add(low, high), 0.5));
      return tf.where(isUpper, tf.sub(high, distance(tf.sub(high, u))), tf.add(low, distance(tf.sub(u, low))));
    }
    const up = tf.sub(high, tf.mul(width, tf.sigmoid(tf.neg(u))));
    return tf.where(tf.greaterEqual(u, 0), up, tf.add(low, tf.mul(width, tf.sigmoid(u))));
  }

  private logSlope(u: tf.Tensor, run: Run): tf.Tensor {
    if (run.kind === "line") return tf.zerosLike(u);
    if (run.kind !== "interval") return tf.clone(u);
    const { low, high, width } = this.ends(run);
    if (this.sharpness === 0) return tf.sub(tf.log(width), tf.add(softplus(u), softplus(tf.neg(u))));
    const slope = tf.div(this.sharpness, width);
    const [fromLow, fromHigh] = [tf.mul(slope, tf.sub(u, low)), tf.mul(slope, tf.sub(u, high))];
    return tf.sub(Math.log(-Math.expm1(-this.sharpness)), tf.add(softplus(tf.neg(fromLow)), softplus(fromHigh)));
  }

  private pull(x: tf.Tensor, run: Run): [tf.Tensor, tf.Tensor] {
    const { low, high, width } = this.ends(run);
    if (run.kind === "line") return [tf.clone(x), tf.zerosLike(x)];
    if (run.kind !== "interval") {
      const distance = run.kind === "above" ? tf.sub(x, low) : tf.sub(high, x);
      const u = tf.log(tf.maximum(distance, SMALLEST));
      return [u, outside(distance, tf.neg(u))];
    }
    const [above, below] = [tf.sub(x, low), tf.sub(high, x)];
    const least = tf.mul(width, END);
    const [logAbove, logBelow] = [above, below].map((distance) => {
      const kept = tf.maximum(distance, least);
      return this.sharpness === 0 ? tf.log(kept) : log1mexp(tf.mul(tf.div(this.sharpness, width), kept));
    }) as [tf.Tensor, tf.Tensor];
    const total = this.sharpness === 0 ? tf.log(width) : tf.scalar(Math.log(-Math.expm1(-this.sharpness)));
    const logDet = outside(tf.minimum(above, below), tf.sub(total, tf.add(logAbove, logBelow)));
    const difference = tf.sub(logAbove, logBelow);
    if (this.sharpness === 0) return [difference, logDet];
    const inside = tf.minimum(tf.maximum(x, low), high);
    return [tf.add(inside, tf.mul(difference, tf.div(width, this.sharpness))), logDet];
  }

  private ends({ from, columns }: Run): { low: tf.Tensor; high: tf.Tensor; width: tf.Tensor } {
    const low = tf.tensor1d(this.low.slice(from, from + columns));
    const high = tf.tensor1d(this.high.slice(from, from + columns));
    return { low, high, width: tf.sub(high, low) };
  }
}

/** Config field for the bounds of the columns in a model file; null for none. */
const ends = (absent: number): ConfigField<readonly number[]> => ({
  read: (reader, name) => reader.numbersOrNull(name).map((value) => value ?? absent),
  write: (values) => values.map((value) => (Number.isFinite(value) ? value : null)),
});

/** Codec of {@link BoxConstraint}. */
export const boxConstraintCodec: Codec<BoxConstraint> = classCodec("pushforward/to-box", BoxConstraint, {
  low: ends(Number.NEGATIVE_INFINITY),
  high: ends(Number.POSITIVE_INFINITY),
  sharpness: field.number(),
});

function checkEnds({ low, high }: BoxConstraintOptions, roundedLow: number, roundedHigh: number, j: number): void {
  const isBad = (value: number, absent: number): boolean =>
    Number.isNaN(value) || (!Number.isFinite(Math.fround(value)) && value !== absent);
  if (isBad(low[j] as number, Number.NEGATIVE_INFINITY)) {
    throw new OptionError(`BoxConstraint: expected low[${j}] to be a float32 or -Infinity, got ${low[j]}.`);
  }
  if (isBad(high[j] as number, Number.POSITIVE_INFINITY)) {
    throw new OptionError(`BoxConstraint: expected high[${j}] to be a float32 or Infinity, got ${high[j]}.`);
  }
  const width = Math.fround(roundedHigh - roundedLow);
  if (
    !(roundedLow < roundedHigh) ||
    (width === Number.POSITIVE_INFINITY && Number.isFinite(roundedLow) && Number.isFinite(roundedHigh))
  ) {
    throw new DomainError(
      `BoxConstraint: expected low[${j}] < high[${j}] as 32-bit numbers, got ${low[j]} and ${high[j]}.`,
    );
  }
}

function kindOf(low: number, high: number): Kind {
  if (Number.isFinite(low)) return Number.isFinite(high) ? "interval" : "above";
  return Number.isFinite(high) ? "below" : "line";
}

function runsOf(low: readonly number[], high: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const [j, end] of low.entries()) {
    const kind = kindOf(end, high[j] as number);
    const last = runs.at(-1);
    if (last?.kind === kind) runs[runs.length - 1] = { ...last, columns: last.columns + 1 };
    else runs.push({ from: j, columns: 1, kind });
  }
  return runs;
}

/** Options of {@link SoftClip}. */
export interface SoftClipOptions {
  /** The values are within ±bound. */
  readonly bound: number;
}

/** 1 minus the next float32 below. */
const GAP = 2 ** -24;

/**
 * A soft clip, ℝ → (−B, B): `y = x / (1 + |x|/B)`, `log|dy/dx| = −2 log(1 + |x|/B)`, elementwise.
 *
 * The inverse takes ±B for the next float32 inside; the log-det outside is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @throws {OptionError} `bound` is not a positive number.
 * @example
 * new SoftClip({ bound: 2 }).forward(tf.tensor1d([0, 2])); // → [0, 1]
 */
export class SoftClip extends AbstractElementwise {
  readonly bound: number;

  constructor(options: SoftClipOptions) {
    checkOptions("SoftClip", options, { bound: true });
    const { bound } = options;
    super("SoftClip");
    if (!(bound > 0 && Number.isFinite(bound))) {
      throw new OptionError(`SoftClip: expected bound to be a positive number, got ${describeValue(bound)}.`);
    }
    this.bound = bound;
  }

  /** The interval (−B, B), which is the image of this map. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [softClip(x, this.bound), tf.mul(log1p(tf.div(tf.abs(x), this.bound)), -2)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const part = clip(tf.div(y, this.bound), GAP - 1, 1 - GAP);
    const left = tf.sub(1, tf.abs(part));
    const logDet = tf.mul(tf.log(left), -2);
    return [tf.mul(tf.div(part, left), this.bound), outside(tf.sub(this.bound, tf.abs(y)), logDet)];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return fixedMapStep(plan, direction, value, "softClip", this.bound);
  }
}

/** Codec of {@link SoftClip}. */
export const softClipCodec: Codec<SoftClip> = classCodec("pushforward/soft-clip", SoftClip, { bound: field.number() });
