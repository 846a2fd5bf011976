import {
  type Dimension,
  type Dimensions,
  type GraphBuilder,
  type GraphValue,
  type OutputForm,
  sameDimension,
} from "../graph/graph-builder.ts";

/** A kernel of TensorFlow.js that is to become nodes of a graph. */
export interface OperatorCall {
  readonly graph: GraphBuilder;
  readonly outputs: readonly OutputForm[];
  /** The first of `outputs`. */
  readonly output: OutputForm;
  /** The names of the inputs, in the order of the kernel. */
  readonly names: readonly string[];
  /** An input, in its full shape. */
  input(name: string): GraphValue;
  /** All inputs, or only the inputs with these names, in shapes that broadcast to the output shape. */
  broadcasting(names?: readonly string[]): readonly GraphValue[];
  /** A setting of the kernel. */
  setting<T>(name: string): T;
}

/** Adds the nodes that compute a kernel. */
export type Operator = (call: OperatorCall) => GraphValue | readonly GraphValue[];

/** Operators by kernel. */
export type Operators = Readonly<Record<string, Operator>>;

/** A shape with some axes left out. */
function without(shape: Dimensions, axes: readonly number[]): Dimensions {
  return shape.filter((_, i) => !axes.includes(i));
}

/** Axes of TensorFlow.js, one, several, or by default all, counted from the front. */
function axesOf(axis: number | readonly number[] | null | undefined, rank: number): readonly number[] {
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, i) => i);
  return (typeof axis === "number" ? [axis] : axis).map((one) => (one < 0 ? one + rank : one));
}

const reshape: Operator = ({ graph, input, names, output }) => graph.reshape(input(names[0] as string), output.shape);

/** A part of a tensor: `from` and `to` along some axes. */
function sliced(
  graph: GraphBuilder,
  x: GraphValue,
  axes: readonly number[],
  from: readonly number[],
  to: readonly number[],
  shape: Dimensions,
): GraphValue {
  if (axes.length === 0) return x;
  return graph.node("Slice", [x, graph.integers(from), graph.integers(to), graph.integers(axes)], {
    shape,
    type: x.type,
  });
}

const slice: Operator = ({ graph, input, output, setting }) => {
  const x = input("x");
  const begin = setting<readonly number[]>("begin");
  const axes = axesOf(undefined, x.shape.length).filter(
    (axis) => !sameDimension(x.shape[axis] as Dimension, output.shape[axis] as Dimension),
  );
  const from = axes.map((axis) => begin[axis] as number);
  const to = axes.map((axis, i) => (from[i] as number) + (output.shape[axis] as number));
  return sliced(graph, x, axes, from, to, output.shape);
};

const unpack: Operator = ({ graph, input, outputs, setting }) => {
  const x = input("value");
  const [axis] = axesOf(setting<number>("axis"), x.shape.length) as [number];
  return outputs.map(({ shape }, i) => {
    const index = graph.scalar(i, "int64");
    return graph.node("Gather", [x, index], { shape, type: x.type }, { axis: { integer: axis } });
  });
};

const pack: Operator = ({ graph, input, names, output, setting }) => {
  const [axis] = axesOf(setting<number>("axis"), output.shape.length) as [number];
  const single = output.shape.map((size, i) => (i === axis ? 1 : size));
  const parts = names.map((name) => graph.reshape(input(name), single));
  return graph.node("Concat", parts, output, { axis: { integer: axis } });
};

const concat: Operator = ({ graph, input, names, output, setting }) => {
  const [axis] = axesOf(setting<number>("axis"), output.shape.length) as [number];
  return graph.node("Concat", names.map(input), output, { axis: { integer: axis } });
};

const split: Operator = ({ graph, input, outputs, setting }) => {
  const x = input("x");
  const [axis] = axesOf(setting<number>("axis"), x.shape.length) as [number];
  let from = 0;
  return outputs.map(({ shape }) => {
    const to = from + (shape[axis] as number);
    const part = sliced(graph, x, [axis], [from], [to], shape);
    from = to;
    return part;
  });
};

const tile: Operator = ({ graph, input, output, setting }) => {
  const x = input("x");
  const reps = setting<Dimensions>("reps");
  if (reps.every((count, i) => count === 1 || x.shape[i] === 1)) return graph.expand(x, output.shape);
  return graph.node("Tile", [x, graph.sizes(reps)], output);
};

const transpose: Operator = ({ graph, input, output, setting }) =>
  graph.node("Transpose", [input("x")], output, { perm: { integers: setting("perm") } });

const reverse: Operator = ({ graph, input, output, setting }) => {
  const x = input("x");
  const axes = axesOf(setting<readonly number[]>("dims"), x.shape.length);
  const each = (value: number): GraphValue => graph.integers(axes.map(() => value));
  const parts = [x, each(-1), each(Number.MIN_SAFE_INTEGER), graph.integers(axes), each(-1)];
  return graph.node("Slice", parts, output);
};

const cumsum: Operator = ({ graph, input, output, setting }) => {
  const x = input("x");
  const [axis] = axesOf(setting<number>("axis"), x.shape.length) as [number];
  return graph.node("CumSum", [x, graph.scalar(axis, "int64")], output, {
    exclusive: { integer: setting<boolean>("exclusive") ? 1 : 0 },
    reverse: { integer: setting<boolean>("reverse") ? 1 : 0 },
  });
};

const pad: Operator = ({ graph, input, output, setting }) => {
  const paddings = setting<readonly (readonly [number, number])[]>("paddings");
  const pads = graph.integers([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  return graph.node("Pad", [input("x"), pads, graph.scalar(setting("constantValue"), output.type)], output);
};

const gather: Operator = ({ graph, input, output, setting }) => {
  const [x, indices] = [input("x"), input("indices")];
  const [axis] = axesOf(setting<number>("axis"), x.shape.length) as [number];
  const batchDims = setting<number | undefined>("batchDims") ?? 0;
  if (batchDims === 0) return graph.node("Gather", [x, indices], output, { axis: { integer: axis } });
  // With one index for each element of the leading axes, the elements themselves are gathered.
  const flat = [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims)];
  const elements = graph.reshape(indices, [...flat, ...without(x.shape, axesOf(undefined, axis + 1)).map(() => 1)]);
  const whole = graph.expand(elements, output.shape);
  return graph.node("GatherElements", [x, whole], output, { axis: { integer: axis } });
};

const constantLike =
  (value: number): Operator =>
  ({ graph, output }) =>
    graph.expand(
      graph.constant(
        output.type,
        [value],
        output.shape.map(() => 1),
      ),
      output.shape,
    );

/** Kernels that rearrange elements. */
export const shapeOperators: Operators = {
  Concat: concat,
  Cumsum: cumsum,
  ExpandDims: reshape,
  GatherNd: ({ graph, input, output }) =>
    graph.node("GatherND", [input("params"), graph.cast(input("indices"), "int64")], output),
  GatherV2: gather,
  OneHot: ({ graph, input, output, setting }) => {
    const depth = setting<number>("depth");
    const indices = input("indices");
    const codes = graph.constant(
      indices.type,
      Array.from({ length: depth }, (_, i) => i),
      [depth],
    );
    const each = graph.reshape(indices, [...indices.shape, 1]);
    const isOwn = graph.node("Equal", [each, codes], { shape: output.shape, type: "bool" });
    const values = [graph.scalar(setting("onValue"), output.type), graph.scalar(setting("offValue"), output.type)];
    return graph.node("Where", [isOwn, ...values], output);
  },
  OnesLike: constantLike(1),
  Pack: pack,
  PadV2: pad,
  Reshape: reshape,
  Reverse: reverse,
  Slice: slice,
  SplitV: split,
  Tile: tile,
  Transpose: transpose,
  Unpack: unpack,
  ZerosLike: constantLike(0),
};

const matMul: Operator = ({ graph, input, output, setting }) => {
  const side = (name: string, flag: string): GraphValue => {
    const x = input(name);
    return setting<boolean | undefined>(flag) ? swapped(graph, x) : x;
  };
  return graph.node("MatMul", [side("a", "transposeA"), side("b", "transposeB")], output);
};

/** Exchanges the last two axes. */
function swapped(graph: GraphBuilder, x: GraphValue): GraphValue {
  const axes = x.shape.map((_, i) => i);
  const order = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  return transposed(graph, x, order);
}

function transposed(graph: GraphBuilder, x: GraphValue, order: readonly number[]): GraphValue {
  const shape = order.map((axis) => x.shape[axis] as GraphValue["shape"][number]);
  return graph.node("Transpose", [x], { shape, type: x.type }, { perm: { integers: order } });
}

/** A convolution of channels-last images. ONNX expects channels first. */
const conv2d: Operator = ({ graph, input, output, setting }) => {
  const images = transposed(graph, input("x"), [0, 3, 1, 2]);
  const filter = transposed(graph, input("filter"), [3, 2, 0, 1]);
  const [rows, height, width, channels] = output.shape as [GraphValue["shape"][number], number, number, number];
  const strides = setting<number | readonly number[]>("strides");
  const convolved = graph.node(
    "Conv",
    [images, filter],
    { shape: [rows, channels, height, width], type: output.type },
    {
      auto_pad: { text: setting<string>("pad") === "same" ? "SAME_UPPER" : "VALID" },
      strides: { integers: typeof strides === "number" ? [strides, strides] : strides },
    },
  );
  return transposed(graph, convolved, [0, 2, 3, 1]);
};

/** Kernels of linear algebra and of networks. */
export const productOperators: Operators = {
  BatchMatMul: matMul,
  Conv2D: conv2d,
  Softmax: ({ graph, input, output, setting }) =>
    graph.node("Softmax", [input("logits")], output, {
      axis: { integer: setting<number | undefined>("dim") ?? output.shape.length - 1 },
    }),
};

type Axis = number | readonly number[] | null | undefined;

/** A reduction with its axes as an attribute. */
function reduction(operator: string, setting: string): Operator {
  return (call) => {
    const x = call.input("x");
    const axes = axesOf(call.setting<Axis>(setting), x.shape.length);
    const form = { shape: call.output.shape, type: x.type };
    return call.graph.cast(
      call.graph.node(operator, [x], form, { axes: { integers: axes }, keepdims: keeps(call) }),
      call.output.type,
    );
  };
}

function keeps(call: OperatorCall): { readonly integer: number } {
  return { integer: call.setting<boolean | undefined>("keepDims") ? 1 : 0 };
}

/** A sum with its axes as an input. */
function sumOf(call: OperatorCall, x: GraphValue, axis: Axis): GraphValue {
  const axes = axesOf(axis, x.shape.length);
  if (axes.length === 0) return x;
  const form = { shape: call.output.shape, type: x.type };
  return call.graph.node("ReduceSum", [x, call.graph.integers(axes)], form, { keepdims: keeps(call) });
}

/** `true` if at least one element is true. */
function any(call: OperatorCall, x: GraphValue): GraphValue {
  const { graph, output } = call;
  const count = sumOf(call, graph.cast(x, "int32"), call.setting<Axis>("axis"));
  return graph.node("Greater", [count, graph.scalar(0, "int32")], output);
}

/** Kernels that leave axes out. */
export const reductionOperators: Operators = {
  All: (call) => {
    const { graph, output } = call;
    const x = call.input("x");
    const isNot = graph.node("Not", [x], { shape: x.shape, type: "bool" });
    return graph.node("Not", [any(call, isNot)], output);
  },
  Any: (call) => any(call, call.input("x")),
  ArgMax: ({ graph, input, output, setting }) => {
    const x = input("x");
    const [axis] = axesOf(setting<number>("axis"), x.shape.length) as [number];
    const form = { shape: output.shape, type: "int64" } as const;
    return graph.cast(
      graph.node("ArgMax", [x], form, { axis: { integer: axis }, keepdims: { integer: 0 } }),
      output.type,
    );
  },
  Max: reduction("ReduceMax", "reductionIndices"),
  Mean: reduction("ReduceMean", "axis"),
  Min: reduction("ReduceMin", "axis"),
  Prod: reduction("ReduceProd", "axis"),
  Sum: (call) => call.graph.cast(sumOf(call, call.input("x"), call.setting<Axis>("axis")), call.output.type),
};
