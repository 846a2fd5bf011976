import type { Dimension, Dimensions } from "../graph/dimension.ts";
import { sameDimension } from "../graph/dimension.ts";
import type { GraphValue } from "../graph/graph.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { axesOf, type Operator, type Operators, without } from "./operator-call.ts";

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

/** Kernels that arrange elements anew. */
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
