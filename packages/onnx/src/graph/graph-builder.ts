/** A size of a shape that is the number of rows times a factor. */
export interface RowsDimension {
  readonly rows: number;
}

/** A size of a shape: known, or known with the number of rows. */
export type Dimension = number | RowsDimension;

/** A shape of known rank. */
export type Dimensions = readonly Dimension[];

export function isRows(dimension: Dimension): dimension is RowsDimension {
  return typeof dimension !== "number";
}

/** `true` if two sizes are equal for any number of rows. */
export function sameDimension(a: Dimension, b: Dimension): boolean {
  return isRows(a) ? isRows(b) && a.rows === b.rows : a === b;
}

/** `true` if two shapes are equal for any number of rows. */
export function sameDimensions(a: Dimensions, b: Dimensions): boolean {
  return a.length === b.length && a.every((dimension, i) => sameDimension(dimension, b[i] as Dimension));
}

/** Types of the elements of tensors. */
export type ElementType = "float32" | "float64" | "int32" | "int64" | "bool";

/** Their numbers in ONNX, `TensorProto.DataType`. */
export const elementTypeNumbers: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/**
 * The elements as ONNX stores them: consecutive and little-endian, the byte order of all machines that run JavaScript.
 */
export function rawBytes(type: ElementType, values: ArrayLike<number>): Uint8Array {
  const array =
    type === "int64"
      ? BigInt64Array.from(Array.from(values, (value) => BigInt(value)))
      : arrays[type].from(values as ArrayLike<number>);
  return new Uint8Array(array.buffer);
}

/** The nodes that some outputs are computed from. */
function liveNodes(nodes: readonly GraphNode[], outputs: readonly string[]): readonly GraphNode[] {
  const needed = new Set(outputs);
  const live: GraphNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    live.push(node);
    for (const name of namesRead(node)) needed.add(name);
  }
  return live.reverse();
}

/** The names that nodes read, including nodes in loop bodies. */
function namesRead({ inputs, attributes }: GraphNode): readonly string[] {
  const bodies = Object.values(attributes).flatMap((value) => ("graph" in value ? [value.graph] : []));
  return [...inputs, ...bodies.flatMap(namesOf)];
}

function namesOf({ nodes, outputs }: Graph): readonly string[] {
  return [...nodes.flatMap(namesRead), ...outputs.map(({ name }) => name)];
}

/** An input `[rows, n]` in float64, where n is the number of columns that have been taken. */
export class OpenInput implements GraphValue {
  readonly name: string;
  readonly type = "float64";
  private width = 0;

  constructor(name: string) {
    this.name = name;
  }

  get shape(): Dimensions {
    return [{ rows: 1 }, this.width];
  }

  /** Reserves `count` columns for one reader and returns the index of the first. */
  take(count: number): number {
    this.width += count;
    return this.width - count;
  }
}

/** Shape and type of an output of a node. */
export interface OutputForm {
  readonly shape: Dimensions;
  readonly type: ElementType;
}

type Attributes = Readonly<Record<string, AttributeValue>>;

/** State shared by the builders of a graph and of its loop bodies. */
interface Shared {
  readonly initializers: Map<string, Initializer>;
  readonly names: Set<string>;
  count: number;
}

/**
 * Builds a graph node by node. Nodes with the same computation are merged, and so are initializers with the same
 * values. Nodes that no output needs are left out.
 */
export class GraphBuilder {
  private readonly shared: Shared;
  private readonly outer: GraphBuilder | undefined;
  private readonly nodes: GraphNode[] = [];
  private readonly known = new Map<string, readonly GraphValue[]>();
  private readonly inputs: GraphValue[] = [];

  constructor(outer?: GraphBuilder) {
    this.outer = outer;
    this.shared = outer?.shared ?? { initializers: new Map(), names: new Set(), count: 0 };
  }

  /** The body of a loop, which may read the values of this graph. */
  body(): GraphBuilder {
    return new GraphBuilder(this);
  }

  input(name: string, form: OutputForm): GraphValue {
    const input = { name: this.freeName(name), ...form };
    this.inputs.push(input);
    return input;
  }

  /** Returns an input with columns that are reserved in sequence. */
  openInput(name: string): OpenInput {
    const input = new OpenInput(this.freeName(name));
    this.inputs.push(input);
    return input;
  }

  /** A tensor of known values. */
  constant(type: ElementType, values: ArrayLike<number>, shape: readonly number[], name = "constant"): GraphValue {
    // Object.is tells −0 from 0, and a NaN is one: texts of numbers would not.
    const bits = Array.from(values, (value) => (Object.is(value, -0) ? "-0" : String(value))).join();
    const key = `${type}[${shape}]${bits}`;
    let found = this.shared.initializers.get(key);
    if (found === undefined) {
      found = { name: this.freeName(name), type, shape, values };
      this.shared.initializers.set(key, found);
    }
    return found;
  }

  scalar(value: number, type: ElementType = "float32"): GraphValue {
    return this.constant(type, [value], []);
  }

  integers(values: readonly number[]): GraphValue {
    return this.constant("int64", values, [values.length], "sizes");
  }

  /** A node with one output. */
  node(operator: string, inputs: readonly GraphValue[], form: OutputForm, attributes: Attributes = {}): GraphValue {
    return this.nodeOfMany(operator, inputs, [form], attributes)[0] as GraphValue;
  }

  nodeOfMany(
    operator: string,
    inputs: readonly (GraphValue | undefined)[],
    forms: readonly OutputForm[],
    attributes: Attributes = {},
  ): readonly GraphValue[] {
    const names = inputs.map((input) => input?.name ?? "");
    const hasBody = Object.values(attributes).some((value) => "graph" in value);
    const key = JSON.stringify([operator, names, attributes, forms.length]);
    const found = hasBody ? undefined : this.find(key);
    if (found !== undefined) return found;
    const outputs = forms.map(({ shape, type }) => ({ name: this.freeName(operator), shape, type }));
    this.nodes.push({ operator, inputs: names, outputs: outputs.map(({ name }) => name), attributes });
    this.known.set(key, outputs);
    return outputs;
  }

  cast(value: GraphValue, type: ElementType): GraphValue {
    return value.type === type
      ? value
      : this.node("Cast", [value], { shape: value.shape, type }, { to: { integer: elementTypeNumbers[type] } });
  }

  /** A shape as a tensor of integers. */
  sizes(shape: Dimensions): GraphValue {
    if (!shape.some(isRows)) return this.integers(shape as readonly number[]);
    const parts = shape.map((dimension) =>
      isRows(dimension) ? this.rowsTimes(dimension.rows) : this.integers([dimension]),
    );
    if (parts.length === 1) return parts[0] as GraphValue;
    return this.node("Concat", parts, { shape: [shape.length], type: "int64" }, { axis: { integer: 0 } });
  }

  reshape(value: GraphValue, shape: Dimensions): GraphValue {
    if (sameDimensions(value.shape, shape)) return value;
    const free = shape.filter(isRows).length;
    const sizes = free <= 1 ? this.integers(shape.map((size) => (isRows(size) ? -1 : size))) : this.sizes(shape);
    return this.node("Reshape", [value, sizes], { shape, type: value.type });
  }

  /** Stretches axes of size 1, and adds some in front. */
  expand(value: GraphValue, shape: Dimensions): GraphValue {
    if (sameDimensions(value.shape, shape)) return value;
    return this.node("Expand", [value, this.sizes(shape)], { shape, type: value.type });
  }

  finish(name: string, outputs: readonly GraphValue[]): Graph {
    const results = outputs.map((output) => output.name);
    const nodes = liveNodes(this.nodes, results);
    const used = new Set([...results, ...nodes.flatMap(namesRead)]);
    const initializers =
      this.outer === undefined ? [...this.shared.initializers.values()].filter((one) => used.has(one.name)) : [];
    return { name, inputs: this.inputs, outputs, initializers, nodes };
  }

  /** An output under a name of its own. */
  named(name: string, value: GraphValue): GraphValue {
    const output = { name: this.freeName(name), shape: value.shape, type: value.type };
    this.nodes.push({ operator: "Identity", inputs: [value.name], outputs: [output.name], attributes: {} });
    return output;
  }

  private rowsTimes(factor: number): GraphValue {
    // In the outermost graph, which has the input that tells.
    if (this.outer !== undefined) return this.outer.rowsTimes(factor);
    const [first] = this.inputs as [GraphValue];
    const form: OutputForm = { shape: [1], type: "int64" };
    const rows = this.node("Shape", [first], form, { start: { integer: 0 }, end: { integer: 1 } });
    return factor === 1 ? rows : this.node("Mul", [rows, this.integers([factor])], form);
  }

  private find(key: string): readonly GraphValue[] | undefined {
    return this.known.get(key) ?? this.outer?.find(key);
  }

  private freeName(wanted: string): string {
    const { names } = this.shared;
    let name = wanted;
    while (names.has(name)) name = `${wanted}_${++this.shared.count}`;
    names.add(name);
    return name;
  }
}

/** A tensor of a graph. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Dimensions;
}

/** A tensor of known values. */
export interface Initializer extends GraphValue {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A setting of an operator. */
export type AttributeValue =
  | { readonly integer: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly integers: readonly number[] }
  | { readonly graph: Graph };

/** An operator with its inputs and outputs, all by name. An input that is left out has the name "". */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A graph; the body of a loop, too, which may read the values around it. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly GraphNode[];
}
