import type {
  AttributeValue,
  Dimension,
  Dimensions,
  ElementType,
  GraphBuilder,
  GraphValue,
} from "../graph/graph-builder.ts";

/** A value of a graph, or a number. */
export type Term = GraphValue | number;

/** Arithmetic in float64 as nodes of a graph; shapes broadcast. Tables are arithmetic on the host, not tensor operations. */
export class Maths {
  readonly graph: GraphBuilder;

  constructor(graph: GraphBuilder) {
    this.graph = graph;
  }

  add(...terms: readonly [Term, ...Term[]]): GraphValue {
    const [first, ...others] = terms;
    return others.reduce<GraphValue>((sum, term) => this.binary("Add", sum, term), this.value(first));
  }

  sub(a: Term, b: Term): GraphValue {
    return this.binary("Sub", a, b);
  }

  mul(a: Term, b: Term): GraphValue {
    return this.binary("Mul", a, b);
  }

  div(a: Term, b: Term): GraphValue {
    return this.binary("Div", a, b);
  }

  max(a: Term, b: Term): GraphValue {
    return this.binary("Max", a, b);
  }

  min(a: Term, b: Term): GraphValue {
    return this.binary("Min", a, b);
  }

  /** The rest of a division, with the sign of a. */
  rest(a: Term, b: Term): GraphValue {
    return this.binary("Mod", a, b, undefined, { fmod: { integer: 1 } });
  }

  less(a: Term, b: Term): GraphValue {
    return this.binary("Less", a, b, "bool");
  }

  atMost(a: Term, b: Term): GraphValue {
    return this.binary("LessOrEqual", a, b, "bool");
  }

  equal(a: Term, b: Term): GraphValue {
    return this.binary("Equal", a, b, "bool");
  }

  and(first: GraphValue, ...others: readonly GraphValue[]): GraphValue {
    return others.reduce((all, one) => this.binary("And", all, one, "bool"), first);
  }

  or(a: GraphValue, b: GraphValue): GraphValue {
    return this.binary("Or", a, b, "bool");
  }

  not(a: GraphValue): GraphValue {
    return this.unary("Not", a);
  }

  isNaN(a: GraphValue): GraphValue {
    return this.graph.node("IsNaN", [a], { shape: a.shape, type: "bool" });
  }

  unary(operator: "Abs" | "Exp" | "Floor" | "Log" | "Neg" | "Not" | "Sqrt", a: GraphValue): GraphValue {
    return this.graph.node(operator, [a], a);
  }

  exp(a: GraphValue): GraphValue {
    return this.unary("Exp", a);
  }

  log(a: GraphValue): GraphValue {
    return this.unary("Log", a);
  }

  /** In float32: engines have it in no other type. */
  float32(operator: "Atan" | "Cos" | "Sin", a: GraphValue): GraphValue {
    const single = this.graph.cast(a, "float32");
    return this.graph.cast(this.graph.node(operator, [single], single), "float64");
  }

  /** x, or the nearest number from `low` to `high`. */
  clip(x: GraphValue, low: number, high: number): GraphValue {
    return this.min(this.max(x, low), high);
  }

  where(condition: GraphValue, a: Term, b: Term): GraphValue {
    const [x, y] = [this.value(a), this.value(b)];
    const shape = broadcast(broadcast(condition.shape, x.shape), y.shape);
    return this.graph.node("Where", [condition, x, y], { shape, type: x.type });
  }

  /** `Σ cᵢ xⁿ⁻ⁱ`; the first coefficient belongs to the highest power. */
  polynomial(coefficients: readonly number[], x: GraphValue): GraphValue {
    const [first, ...others] = coefficients as [number, ...number[]];
    return others.reduce<GraphValue>((sum, c) => this.add(this.mul(sum, x), c), this.value(first));
  }

  /** `log(eᵃ + eᵇ)`; −∞ adds zero to the sum. */
  logAddExp(a: Term, b: Term): GraphValue {
    const peak = this.max(a, b);
    const finite = this.where(this.less(this.unary("Abs", peak), Number.POSITIVE_INFINITY), peak, 0);
    return this.add(this.log(this.add(this.exp(this.sub(a, finite)), this.exp(this.sub(b, finite)))), finite);
  }

  /** `log Σ exp` over the last axis, which is kept. */
  logSumExp(x: GraphValue): GraphValue {
    const peak = this.highest(x);
    const finite = this.where(this.less(this.unary("Abs", peak), Number.POSITIVE_INFINITY), peak, 0);
    return this.add(this.log(this.sum(this.exp(this.sub(x, finite)))), finite);
  }

  /** The largest over the last axis, which is kept. */
  private highest(x: GraphValue): GraphValue {
    const form = { shape: [...x.shape.slice(0, -1), 1], type: x.type };
    return this.graph.node("ReduceMax", [x], form, { axes: { integers: [-1] }, keepdims: { integer: 1 } });
  }

  /** The sum over the last axis, which is kept. */
  sum(x: GraphValue): GraphValue {
    const form = { shape: [...x.shape.slice(0, -1), 1], type: x.type };
    return this.graph.node("ReduceSum", [x, this.graph.integers([-1])], form, { keepdims: { integer: 1 } });
  }

  /** The entries of a vector at some places. */
  lookUp(entries: ArrayLike<number>, places: GraphValue): GraphValue {
    const vector = this.graph.constant("float64", entries, [entries.length], "table");
    return this.graph.node("Gather", [vector, places], { shape: places.shape, type: "float64" });
  }

  /** The rows of a matrix `[n, columns]` at some places `[rows, 1]`. */
  rowsOf(entries: ArrayLike<number>, columns: number, places: GraphValue): GraphValue {
    const matrix = this.graph.constant("float64", entries, [entries.length / columns, columns], "table");
    const rows = places.shape[0] as Dimension;
    const flat = this.graph.reshape(places, [rows]);
    return this.graph.node("Gather", [matrix, flat], { shape: [rows, columns], type: "float64" });
  }

  /** A column `[rows, 1]` of `[rows, columns]`. */
  column(x: GraphValue, place: number): GraphValue {
    return this.columns(x, place, place + 1);
  }

  /** Some columns of `[rows, columns]`. */
  columns(x: GraphValue, from: number, to: number): GraphValue {
    const ends = [from, to, 1].map((end) => this.graph.integers([end]));
    return this.graph.node("Slice", [x, ...ends], { shape: [x.shape[0] as Dimension, to - from], type: x.type });
  }

  /** The element of each row of `[rows, columns]` at a place `[rows, 1]`. */
  pick(x: GraphValue, places: GraphValue): GraphValue {
    const form = { shape: places.shape, type: x.type };
    return this.graph.node("GatherElements", [x, places], form, { axis: { integer: 1 } });
  }

  /** The sums up to each column of `[rows, columns]`. */
  cumulated(x: GraphValue): GraphValue {
    return this.graph.node("CumSum", [x, this.graph.scalar(1, "int64")], x);
  }

  /** `exp(x − max x)` over the last axis: the softmax but for a factor. */
  shares(x: GraphValue): GraphValue {
    return this.exp(this.sub(x, this.highest(x)));
  }

  /** Concatenates columns `[rows, n]` along the last axis. */
  beside(columns: readonly GraphValue[]): GraphValue {
    const [first] = columns as [GraphValue];
    if (columns.length === 1) return first;
    const width = columns.reduce((sum, { shape }) => sum + (shape.at(-1) as number), 0);
    const form = { shape: [...first.shape.slice(0, -1), width], type: first.type };
    return this.graph.node("Concat", columns, form, { axis: { integer: -1 } });
  }

  /** A number for each row of a column. */
  fill(value: number, like: GraphValue): GraphValue {
    return this.graph.expand(this.graph.constant("float64", [value], [1, 1]), like.shape);
  }

  value(term: Term, type: ElementType = "float64"): GraphValue {
    return typeof term === "number" ? this.graph.scalar(term, type) : term;
  }

  private binary(
    operator: string,
    a: Term,
    b: Term,
    type?: ElementType,
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): GraphValue {
    const known = typeof a === "number" ? (b as GraphValue) : a;
    const [x, y] = [this.value(a, known.type), this.value(b, known.type)];
    return this.graph.node(operator, [x, y], { shape: broadcast(x.shape, y.shape), type: type ?? x.type }, attributes);
  }
}

function broadcast(a: Dimensions, b: Dimensions): Dimensions {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Dimensions, i: number): Dimension => shape[i - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, i) => (at(a, i) === 1 ? at(b, i) : at(a, i)));
}
