import type { GraphValue } from "../graph/graph.ts";
import { axesOf, type Operator, type OperatorCall, type Operators } from "./operator-call.ts";

type Axis = number | readonly number[] | null | undefined;

/** A reduction whose axes are an attribute. */
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

/** A sum, whose axes are an input. */
function sumOf(call: OperatorCall, x: GraphValue, axis: Axis): GraphValue {
  const axes = axesOf(axis, x.shape.length);
  if (axes.length === 0) return x;
  const form = { shape: call.output.shape, type: x.type };
  return call.graph.node("ReduceSum", [x, call.graph.integers(axes)], form, { keepdims: keeps(call) });
}

/** Whether at least one element holds. */
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
