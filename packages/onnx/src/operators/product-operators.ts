import type { GraphValue } from "../graph/graph.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Operator, Operators } from "./operator-call.ts";

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

/** Of images with channels last; those of ONNX come first. */
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
