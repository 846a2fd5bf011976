import {
  type Bijection,
  type Codec,
  type Json,
  OptionError,
  type ParameterTree,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  AbstractModule,
  ConfigReader,
  currentExecutor,
  type Direction,
  defineCodec,
  formatShape,
  isBijection,
  type LoweredMap,
  makePlan,
  type PlanBuilder,
  type PlanMatrix,
  type PlanOrReason,
  parameterTree,
  shapesEqual,
  sizeOf,
} from "@pushforward/core/extend";
import {
  PlanCache,
  type PlannedInput,
  planTask,
  runPlan,
  runsPlan,
  sumColumnsStep,
  sumRightmost,
} from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { commonContextShape, contextFor, lowerMembers, refuseContext, shapeAfter, splitEvent } from "./members.ts";

/** Returns the inverse kind of several members together: the hardest kind among the members. */
export function commonInverseKind(members: readonly Bijection[]): Bijection["inverseKind"] {
  const kinds = members.map((member) => member.inverseKind);
  return kinds.includes("none") ? "none" : kinds.includes("iterative") ? "iterative" : "analytic";
}

/** Steps below which a plan is not worth its start: a permutation alone. */
const FEWEST_STEPS = 3;

/** Neighbors in a chain that one plan computes. */
interface Members {
  readonly count: number;
  readonly eventShape: Shape;
  readonly plan: PlanOrReason;
}

/** Results of the members, and their number. */
export interface PlannedMembers {
  readonly count: number;
  readonly value: tf.Tensor;
  readonly logDet: tf.Tensor;
}

const known = new PlanCache<Members>();

/**
 * Computes the maximum number of consecutive chain members with `lower` by one plan, from a given member on, so that a
 * member without a plan does not affect its neighbors. Undefined if the next member needs tensors.
 *
 * @param owner the chain, which keeps the plans.
 * @param members remaining members, in the order of the direction.
 * @param value events of `eventShape`.
 */
function plannedMembers(
  owner: object,
  members: readonly Bijection[],
  direction: Direction,
  value: tf.Tensor,
  eventShape: Shape,
  context: PlannedInput | undefined,
): PlannedMembers | undefined {
  if (currentExecutor() === undefined) return undefined;
  const columns = [sizeOf(eventShape), ...(context === undefined ? [] : [sizeOf(context.eventShape)])];
  const key = [direction, planTask(), members.length, columns[1] ?? 0, ...eventShape];
  const found = known.get(owner, key, () => longestPlan(members, direction, eventShape, columns));
  const { count, plan, eventShape: after } = found;
  if (plan.plan === undefined || plan.plan.steps.length < FEWEST_STEPS) return undefined;
  const inputs = [{ tensor: value, eventShape }, ...(context === undefined ? [] : [context])];
  const outputs = runPlan(() => plan, inputs);
  if (outputs === undefined) return undefined;
  const [rows, logDet] = outputs.values as [tf.Tensor, tf.Tensor];
  return {
    count,
    value: after.length === 1 && outputs.batch.length === 1 ? rows : tf.reshape(rows, [...outputs.batch, ...after]),
    logDet: tf.reshape(logDet, [...outputs.batch]),
  };
}

/** The longest prefix of members with a plan. */
function longestPlan(
  members: readonly Bijection[],
  direction: Direction,
  eventShape: Shape,
  columns: readonly number[],
): Members {
  const make = (count: number): PlanOrReason =>
    makePlan(columns, (plan, [first, given]) => {
      const lowered = lowerMembers(members.slice(0, count), plan, direction, first as PlanMatrix, given);
      return [lowered.value, sumColumnsStep(plan, lowered.logDets)];
    });
  let found: Members = { count: 0, eventShape, plan: { reason: "there are no members" } };
  for (const member of members) {
    const count = found.count + 1;
    const plan = make(count);
    if (plan.plan === undefined || !runsPlan(plan.plan)) break;
    found = { count, eventShape: shapeAfter(member, direction, found.eventShape), plan };
  }
  return found;
}

/**
 * Bijections one after the other: forward applies the first member first. See {@link chain}.
 */
export class Chain extends AbstractModule implements Bijection {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly inverseKind: "analytic" | "iterative" | "none";
  readonly contextShape?: Shape;
  readonly layers: readonly Bijection[];
  /** `ranks[i]` is the event rank of the chain before member i; the last entry is the event rank of its output. */
  private readonly ranks: readonly number[];

  constructor(layers: readonly Bijection[]) {
    super();
    for (const [i, layer] of layers.entries()) {
      if (!isBijection(layer))
        throw new OptionError(`chain: expected member ${i} to be a bijection, got ${typeof layer}.`);
    }
    this.layers = [...layers];
    this.ranks = chainRanks(layers);
    this.eventRankIn = this.ranks[0] as number;
    this.eventRankOut = this.ranks.at(-1) as number;
    this.inverseKind = commonInverseKind(layers);
    const contextShape = commonContextShape("chain", layers);
    if (contextShape !== undefined) this.contextShape = contextShape;
  }

  /** The last member determines the image of the chain. */
  get support(): Bijection | undefined {
    return this.layers.at(-1)?.support;
  }

  forwardShape(eventShape: Shape): Shape {
    return this.walk("chain.forwardShape", eventShape, false);
  }

  inverseShape(eventShape: Shape): Shape {
    return this.walk("chain.inverseShape", eventShape, true);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    this.check("chain.forward", x, context, false);
    return tf.tidy(() => this.apply("forward", x, context, (layer, value, given) => layer.forward(value, given)));
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    this.check("chain.inverse", y, context, true);
    return tf.tidy(() => this.apply("inverse", y, context, (layer, value, given) => layer.inverse(value, given)));
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    this.check("chain.forwardAndLogDet", x, context, false);
    return tf.tidy(() => this.applyAndSum("forward", x, context));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    this.check("chain.inverseAndLogDet", y, context, true);
    return tf.tidy(() => this.applyAndSum("inverse", y, context));
  }

  /**
   * Returns the value before the first member and after each member, on the way from base to data: `n + 1` tensors,
   * with `forward(x)` as the last. They show how a flow bends space, layer by layer.
   *
   * @throws {ShapeError} a value that the chain does not take.
   * @example
   * const transform = chain([new LULinear({ features: 2 }), new AffineElementwise({ features: 2, shift: 1 })]);
   * const [x, afterFirst, afterSecond] = transform.forwardTrace(tf.zeros([5, 2]));
   */
  forwardTrace(x: tf.Tensor, context?: tf.Tensor): tf.Tensor[] {
    this.check("chain.forwardTrace", x, context, false);
    return this.trace("forward", x, context);
  }

  /**
   * The same on the way from data to base: the last is `inverse(y)`.
   *
   * @throws {ShapeError} a value that the chain does not give.
   */
  inverseTrace(y: tf.Tensor, context?: tf.Tensor): tf.Tensor[] {
    this.check("chain.inverseTrace", y, context, true);
    return this.trace("inverse", y, context);
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, context?: PlanMatrix): LoweredMap {
    return lowerMembers(this.inOrder(direction), plan, direction, value, context);
  }

  override parameters(): ParameterTree {
    return parameterTree({ layers: this.layers });
  }

  /**
   * All members in the order of a direction.
   *
   * @param single computes a member, the one at `index`, by tensors.
   * @param several receives the log-det of members computed by a plan.
   */
  private apply(
    direction: Direction,
    x: tf.Tensor,
    context: tf.Tensor | undefined,
    single: (layer: Bijection, value: tf.Tensor, context: tf.Tensor | undefined, index: number) => tf.Tensor,
    several: (logDet: tf.Tensor) => void = () => {},
  ): tf.Tensor {
    const isForward = direction === "forward";
    const layers = this.inOrder(direction);
    const given = this.contextShape && context && { tensor: context, eventShape: this.contextShape };
    // Members say themselves what is wrong with their context.
    const isComplete = this.contextShape === undefined || endsWith(context?.shape, this.contextShape);
    let value = x;
    for (let done = 0; done < layers.length; ) {
      const index = isForward ? done : layers.length - 1 - done;
      const rank = this.ranks[isForward ? index : index + 1] as number;
      const eventShape = value.shape.slice(value.rank - rank);
      const planned = isComplete
        ? plannedMembers(this, layers.slice(done), direction, value, eventShape, given)
        : undefined;
      if (planned === undefined) {
        const layer = layers[done] as Bijection;
        value = single(layer, value, contextFor(layer, context), index);
        done++;
      } else {
        several(planned.logDet);
        value = planned.value;
        done += planned.count;
      }
    }
    return value === x ? tf.clone(x) : value;
  }

  private applyAndSum(direction: Direction, x: tf.Tensor, context: tf.Tensor | undefined): ValueAndLogDet {
    let total: tf.Tensor | undefined;
    const add = (logDet: tf.Tensor): void => {
      total = total === undefined ? logDet : tf.add(total, logDet);
    };
    const single = (layer: Bijection, value: tf.Tensor, given: tf.Tensor | undefined, index: number): tf.Tensor => {
      const [next, logDet] = layer[`${direction}AndLogDet`](value, given);
      const extra = (this.ranks[index] as number) - layer.eventRankIn;
      add(extra === 0 ? logDet : sumRightmost(logDet, extra));
      return next;
    };
    const value = this.apply(direction, x, context, single, add);
    return [value, total ?? tf.zeros(x.shape)];
  }

  private trace(direction: Direction, x: tf.Tensor, context: tf.Tensor | undefined): tf.Tensor[] {
    return tf.tidy(() => {
      const values = [tf.clone(x)];
      for (const layer of this.inOrder(direction)) {
        values.push(layer[direction](values.at(-1) as tf.Tensor, contextFor(layer, context)));
      }
      return values;
    });
  }

  private inOrder(direction: Direction): readonly Bijection[] {
    return direction === "forward" ? this.layers : this.layers.toReversed();
  }

  private check(where: string, x: tf.Tensor, context: tf.Tensor | undefined, isInverse: boolean): void {
    if (this.contextShape === undefined) refuseContext(where, context);
    const rank = isInverse ? this.eventRankOut : this.eventRankIn;
    if (x.rank < rank) {
      throw new ShapeError(`${where}: expected a value with at least ${rank} axes, got shape ${formatShape(x.shape)}.`);
    }
    this.walk(where, x.shape.slice(x.rank - rank), isInverse);
  }

  private walk(where: string, eventShape: Shape, isInverse: boolean): Shape {
    const rank = isInverse ? this.eventRankOut : this.eventRankIn;
    if (eventShape.length < rank) {
      throw new ShapeError(
        `${where}: expected an event shape with at least ${rank} axes, got ${formatShape(eventShape)}.`,
      );
    }
    let shape = eventShape;
    for (let step = 0; step < this.layers.length; step++) {
      const i = isInverse ? this.layers.length - 1 - step : step;
      const layer = this.layers[i] as Bijection;
      const direction = isInverse ? "inverse" : "forward";
      const [, event] = splitEvent(layer, direction, shape);
      try {
        shape = shapeAfter(layer, direction, shape);
      } catch (cause) {
        if (!(cause instanceof ShapeError)) throw cause;
        const source = step === 0 ? "that the chain was given" : `that member ${isInverse ? i + 1 : i - 1} gives`;
        throw new ShapeError(
          `${where}: expected member ${i} to take the event shape ${formatShape(event)} ${source}, got: ${cause.message}`,
          { cause },
        );
      }
    }
    return shape;
  }
}

/**
 * Composes bijections in sequence, the first member first: `y = f_n(… f_1(x))`. The log-det is the sum of the members'
 * log-dets.
 *
 * The event rank is the smallest that every member fits in; the log-det of a member of lower event rank is summed over
 * the axes that its own event does not have. A context is passed to the members that take one. The empty chain is the
 * identity.
 *
 * @throws {OptionError} a member is not a bijection.
 * @throws {ContextError} members take contexts of different shapes; a context is given and no member takes one.
 * @throws {ShapeError} a member can't take the event shape that the previous member returns.
 * @example
 * const transform = chain([new LULinear({ features: 2 }), new AffineElementwise({ features: 2 })]);
 */
export function chain(layers: readonly Bijection[]): Chain {
  return new Chain(layers);
}

/** Codec of {@link Chain}. */
export const chainCodec: Codec<Chain, Json> = defineCodec<Chain, Json>({
  type: "pushforward/chain",
  version: 1,
  is: (value): value is Chain => value instanceof Chain,
  encode: (value, registry) => ({ layers: value.layers.map((layer) => ({ ...registry.encode(layer) })) }),
  decode: (config, registry) => {
    const reader = new ConfigReader("pushforward/chain", config);
    const layers = reader.objects("layers", registry, isBijection, "a bijection");
    reader.end();
    return new Chain(layers);
  },
});

function chainRanks(layers: readonly Bijection[]): readonly number[] {
  let change = 0;
  let rank = 0;
  for (const { eventRankIn, eventRankOut } of layers) {
    rank = Math.max(rank, eventRankIn - change);
    change += eventRankOut - eventRankIn;
  }
  const ranks = [rank];
  for (const { eventRankIn, eventRankOut } of layers) {
    rank += eventRankOut - eventRankIn;
    ranks.push(rank);
  }
  return ranks;
}

function endsWith(shape: Shape | undefined, eventShape: Shape): boolean {
  return shape !== undefined && shapesEqual(shape.slice(Math.max(0, shape.length - eventShape.length)), eventShape);
}
