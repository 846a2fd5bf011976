import type { GraphValue } from "../graph/graph-builder.ts";

import type { Operator, OperatorCall, Operators } from "./shape-operators.ts";

/** Kernels that are an operator of ONNX, by its name. */
const SAME: Readonly<Record<string, string>> = {
  Abs: "Abs",
  Acos: "Acos",
  Acosh: "Acosh",
  Add: "Add",
  Asin: "Asin",
  Asinh: "Asinh",
  Atan: "Atan",
  Atanh: "Atanh",
  Ceil: "Ceil",
  Cos: "Cos",
  Cosh: "Cosh",
  Elu: "Elu",
  Equal: "Equal",
  Exp: "Exp",
  Floor: "Floor",
  Greater: "Greater",
  GreaterEqual: "GreaterOrEqual",
  IsInf: "IsInf",
  IsNan: "IsNaN",
  Less: "Less",
  LessEqual: "LessOrEqual",
  Log: "Log",
  LogicalAnd: "And",
  LogicalNot: "Not",
  LogicalOr: "Or",
  Maximum: "Max",
  Minimum: "Min",
  Multiply: "Mul",
  Neg: "Neg",
  Pow: "Pow",
  RealDiv: "Div",
  Reciprocal: "Reciprocal",
  Relu: "Relu",
  Round: "Round",
  Select: "Where",
  Sigmoid: "Sigmoid",
  Sign: "Sign",
  Sin: "Sin",
  Sinh: "Sinh",
  Softplus: "Softplus",
  Sub: "Sub",
  Tan: "Tan",
  Tanh: "Tanh",
};

/** Returns a function that adds nodes with the output form of a call, or with a different type. */
function nodesOf({ graph, output }: OperatorCall) {
  const make = (operator: string, ...inputs: readonly GraphValue[]): GraphValue => graph.node(operator, inputs, output);
  const test = (operator: string, ...inputs: readonly GraphValue[]): GraphValue =>
    graph.node(operator, inputs, { shape: output.shape, type: "bool" });
  const number = (value: number): GraphValue => graph.scalar(value, output.type);
  return { make, test, number };
}

const expm1: Operator = (call) => {
  const { make, test, number } = nodesOf(call);
  const [x] = call.broadcasting() as [GraphValue];
  // (u − 1)·x/log u with u = eˣ, in which the rounding of u cancels (Kahan): exact where u is neither 1 nor 0 nor ∞.
  const u = make("Exp", x);
  const less = make("Sub", u, number(1));
  const corrected = make("Div", make("Mul", less, x), make("Log", u));
  const isSmall = test("Less", make("Abs", x), number(1));
  const isOne = test("Equal", u, number(1));
  return make("Where", isOne, x, make("Where", isSmall, corrected, less));
};

/** log(1 + x), accurate for small x: x·log(u)/(u − 1) with u = 1 + x, in which the rounding of u cancels (Kahan). */
const log1p: Operator = (call) => {
  const { make, test, number } = nodesOf(call);
  const [x] = call.broadcasting() as [GraphValue];
  const u = make("Add", x, number(1));
  const log = make("Log", u);
  const corrected = make("Div", make("Mul", log, x), make("Sub", u, number(1)));
  const isSmall = test("Less", make("Abs", x), number(1));
  const isOne = test("Equal", u, number(1));
  return make("Where", isOne, x, make("Where", isSmall, corrected, log));
};

const composed: Operators = {
  AddN: ({ graph, output, broadcasting }) => {
    const [first, ...rest] = broadcasting() as [GraphValue, ...GraphValue[]];
    return rest.reduce((sum, term) => graph.node("Add", [sum, term], output), first);
  },
  Atan2: (call) => {
    const { make, test, number } = nodesOf(call);
    const [y, x] = call.broadcasting(["a", "b"]) as [GraphValue, GraphValue];
    const half = make("Atan", make("Div", y, x));
    const turn = make("Where", test("Less", y, number(0)), number(-Math.PI), number(Math.PI));
    const shifted = make("Where", test("Less", x, number(0)), make("Add", half, turn), half);
    // 0/0, of which the angle is 0.
    const isOrigin = test("And", test("Equal", x, number(0)), test("Equal", y, number(0)));
    return make("Where", isOrigin, number(0), shifted);
  },
  Cast: ({ graph, input, output }) => graph.cast(input("x"), output.type),
  ClipByValue: (call) => {
    const { make, number } = nodesOf(call);
    const [x] = call.broadcasting() as [GraphValue];
    return make("Min", make("Max", x, number(call.setting("clipValueMin"))), number(call.setting("clipValueMax")));
  },
  // Of a NaN, an engine makes 1.
  Erf: (call) => {
    const { make, test } = nodesOf(call);
    const [x] = call.broadcasting() as [GraphValue];
    return make("Where", test("IsNaN", x), x, make("Erf", x));
  },
  Expm1: expm1,
  FloorDiv: (call) => {
    const { make } = nodesOf(call);
    return make("Floor", make("Div", ...call.broadcasting(["a", "b"])));
  },
  Identity: ({ input }) => input("x"),
  IsFinite: ({ graph, broadcasting, output }) => {
    const [x] = broadcasting() as [GraphValue];
    const size = graph.node("Abs", [x], { shape: output.shape, type: x.type });
    return graph.node("Less", [size, graph.scalar(Number.POSITIVE_INFINITY, x.type)], output);
  },
  LeakyRelu: ({ graph, broadcasting, output, setting }) =>
    graph.node("LeakyRelu", broadcasting(), output, { alpha: { float: setting("alpha") } }),
  Log1p: log1p,
  // The remainder has the sign of the divisor.
  Mod: (call) => {
    const { make, test, number } = nodesOf(call);
    const [a, b] = call.broadcasting(["a", "b"]) as [GraphValue, GraphValue];
    const remainder = (x: GraphValue) => call.graph.node("Mod", [x, b], call.output, { fmod: { integer: 1 } });
    const rest = remainder(a);
    return make("Where", test("Less", make("Mul", rest, b), number(0)), remainder(make("Add", rest, b)), rest);
  },
  NotEqual: (call) => {
    const { test } = nodesOf(call);
    return test("Not", test("Equal", ...call.broadcasting(["a", "b"])));
  },
  Prelu: ({ graph, broadcasting, output }) => graph.node("PRelu", broadcasting(["x", "alpha"]), output),
  Rsqrt: (call) => {
    const { make } = nodesOf(call);
    return make("Reciprocal", squareRoot(call));
  },
  Sqrt: (call) => squareRoot(call),
  Square: (call) => {
    const [x] = call.broadcasting() as [GraphValue];
    return nodesOf(call).make("Mul", x, x);
  },
  SquaredDifference: (call) => {
    const { make } = nodesOf(call);
    const difference = make("Sub", ...call.broadcasting(["a", "b"]));
    return make("Mul", difference, difference);
  },
  Step: (call) => {
    const { make, test, number } = nodesOf(call);
    const [x] = call.broadcasting() as [GraphValue];
    const step = make("Where", test("Greater", x, number(0)), number(1), number(call.setting("alpha")));
    return make("Where", test("IsNaN", x), x, step);
  },
};

// Of ∞, an engine makes NaN.
function squareRoot(call: OperatorCall): GraphValue {
  const { make, test, number } = nodesOf(call);
  const [x] = call.broadcasting() as [GraphValue];
  const infinity = number(Number.POSITIVE_INFINITY);
  return make("Where", test("Equal", x, infinity), infinity, make("Sqrt", x));
}

/** The order of the inputs of kernels with several. */
const ORDER: Readonly<Record<string, readonly string[]>> = { Select: ["condition", "t", "e"] };

/** Kernels that work element by element. */
export const elementwiseOperators: Operators = {
  ...Object.fromEntries(
    Object.entries(SAME).map(([kernel, operator]): [string, Operator] => [
      kernel,
      ({ graph, broadcasting, names, output }) =>
        graph.node(operator, broadcasting(ORDER[kernel] ?? (names.length === 2 ? ["a", "b"] : names)), output),
    ]),
  ),
  ...composed,
};
