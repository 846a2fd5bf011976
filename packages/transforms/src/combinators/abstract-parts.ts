import {
  type Bijection,
  OptionError,
  type ParameterTree,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  AbstractModule,
  broadcastShapes,
  type Direction,
  formatShape,
  isBijection,
  type LoweredMap,
  lowerBijection,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  refuseToLower,
  shapesEqual,
} from "@pushforward/core/extend";
import { columnsStep, replaceColumnsStep, sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { commonInverseKind } from "./chain.ts";
import { commonContextShape, contextFor, refuseContext } from "./members.ts";

/** Axes that an event may have. */
const MOST_AXES = 6;

/** Options of {@link AbstractParts}. */
interface Parts {
  readonly label: string;
  readonly parts: readonly Bijection[];
  readonly axis: number;
  /** Axes of an event that a part does not see. */
  readonly removed: 0 | 1;
}

/** Base class of bijections that apply different bijections to parts of an event along one axis. */
export abstract class AbstractParts extends AbstractModule implements Bijection {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly inverseKind: Bijection["inverseKind"];
  readonly contextShape?: Shape;
  readonly parts: readonly Bijection[];
  /** Counted from the end: −1 is the last one. */
  readonly axis: number;
  /** Columns of each part of a vector, for plans. */
  protected abstract readonly columns: readonly number[];
  private readonly label: string;
  private readonly removed: 0 | 1;

  protected constructor({ label, parts, axis, removed }: Parts) {
    super();
    if (parts.length === 0) throw new OptionError(`${label}: expected at least 1 part, got none.`);
    if (!Number.isInteger(axis) || axis > -1 || axis < -MOST_AXES) {
      throw new OptionError(`${label}: expected an axis from -${MOST_AXES} to -1, counted from the end, got ${axis}.`);
    }
    for (const [i, part] of parts.entries()) {
      if (!isBijection(part))
        throw new OptionError(`${label}: expected part ${i} to be a bijection, got ${typeof part}.`);
      if (part.eventRankIn !== part.eventRankOut) {
        throw new OptionError(
          `${label}: expected part ${i} to keep the event rank, got one from ${part.eventRankIn} to ${part.eventRankOut} axes.`,
        );
      }
    }
    this.label = label;
    this.parts = [...parts];
    this.axis = axis;
    this.removed = removed;
    const rank = Math.max(-axis, ...parts.map((part) => part.eventRankIn + removed));
    this.eventRankIn = rank;
    this.eventRankOut = rank;
    this.inverseKind = commonInverseKind(parts);
    const contextShape = commonContextShape(label, parts);
    if (contextShape !== undefined) this.contextShape = contextShape;
  }

  /** How long the axis is. */
  protected abstract length(): number;
  /** The shape of part i of an event. */
  protected abstract shapeOfPart(eventShape: Shape, i: number): Shape;
  /** The parts of a value. */
  protected abstract split(x: tf.Tensor, axis: number): tf.Tensor[];
  /** The value of parts. */
  protected abstract join(values: tf.Tensor[], axis: number): tf.Tensor;

  forwardShape(eventShape: Shape): Shape {
    return this.check("forwardShape", eventShape, "forward");
  }

  inverseShape(eventShape: Shape): Shape {
    return this.check("inverseShape", eventShape, "inverse");
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.value("forward", x, context);
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.value("inverse", y, context);
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return this.pair("forward", x, context);
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return this.pair("inverse", y, context);
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, context?: PlanMatrix): LoweredMap {
    const total = this.length();
    if (this.eventRankIn !== 1 || value.columns !== total) {
      refuseToLower(`${this.label} of vectors of ${total} has a plan, and the events have ${value.columns} columns`);
    }
    const logDets: PlanMatrix[] = [];
    let result = value;
    let from = 0;
    for (const [i, part] of this.parts.entries()) {
      const count = this.columns[i] as number;
      const columns = Array.from({ length: count }, (_, j) => from + j);
      const lowered = lowerBijection(part, plan, direction, columnsStep(plan, value, columns), context);
      result = replaceColumnsStep(plan, result, lowered.value, columns);
      logDets.push(...lowered.logDets);
      from += count;
    }
    return { value: result, logDets };
  }

  override parameters(): ParameterTree {
    return parameterTree({ parts: this.parts });
  }

  private value(direction: Direction, x: tf.Tensor, context: tf.Tensor | undefined): tf.Tensor {
    this.checkCall(direction, x, context);
    return tf.tidy(() => {
      const values = this.split(x, x.rank + this.axis);
      return this.joined(values.map((value, i) => this.part(i)[direction](value, contextFor(this.part(i), context))));
    });
  }

  private pair(direction: Direction, x: tf.Tensor, context: tf.Tensor | undefined): ValueAndLogDet {
    this.checkCall(`${direction}AndLogDet`, x, context);
    return tf.tidy(() => {
      const pairs = this.split(x, x.rank + this.axis).map((value, i) => {
        const part = this.part(i);
        const [mapped, logDet] = part[`${direction}AndLogDet`](value, contextFor(part, context));
        return [mapped, sumRightmost(logDet, this.eventRankIn - this.removed - part.eventRankIn)] as const;
      });
      const logDet = pairs.map(([, ofPart]) => ofPart).reduce((sum, ofPart) => tf.add(sum, ofPart));
      return [this.joined(pairs.map(([value]) => value)), logDet];
    });
  }

  /** A context may have batch axes that only the parts that take it know of. */
  private joined(values: readonly tf.Tensor[]): tf.Tensor {
    const rank = this.eventRankIn - this.removed;
    const batch = values.map((value): Shape => value.shape.slice(0, value.rank - rank)).reduce(broadcast);
    const whole = values.map((value) => {
      const shape = [...batch, ...value.shape.slice(value.rank - rank)];
      return shapesEqual(value.shape, shape) ? value : tf.broadcastTo(value, shape);
    });
    return this.join(whole, batch.length + this.eventRankIn + this.axis);
  }

  private part(i: number): Bijection {
    return this.parts[i] as Bijection;
  }

  private checkCall(method: string, x: tf.Tensor, context: tf.Tensor | undefined): void {
    if (this.contextShape === undefined) refuseContext(`${this.label}.${method}`, context);
    this.check(
      method,
      x.shape.slice(Math.max(0, x.rank - this.eventRankIn)),
      method.startsWith("f") ? "forward" : "inverse",
    );
  }

  private check(method: string, eventShape: Shape, direction: Direction): Shape {
    const where = `${this.label}.${method}`;
    const [rank, length] = [this.eventRankIn, this.length()];
    if (eventShape.length < rank || eventShape.at(this.axis) !== length) {
      throw new ShapeError(
        `${where}: expected an event of ${rank} ${rank === 1 ? "axis" : "axes"} whose axis ${this.axis} has ${length} entries, got shape ${formatShape(eventShape)}.`,
      );
    }
    for (const [i, part] of this.parts.entries()) {
      const whole = this.shapeOfPart(eventShape, i);
      const event = whole.slice(whole.length - part.eventRankIn);
      const after = direction === "forward" ? part.forwardShape(event) : part.inverseShape(event);
      if (!shapesEqual(after, event)) {
        throw new ShapeError(
          `${where}: expected part ${i} to keep the event shape ${formatShape(event)}, got ${formatShape(after)}.`,
        );
      }
    }
    return eventShape;
  }
}

function broadcast(a: Shape, b: Shape): Shape {
  // Each part has broadcast x with the context already.
  return broadcastShapes(a, b) as Shape;
}
