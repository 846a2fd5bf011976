import { OptionError } from "@pushforward/core";
import { type GraphBuilder, type GraphValue, type OutputForm, sameDimensions } from "./graph/graph-builder.ts";
import { operators } from "./operators/operators.ts";
import type { OperatorCall } from "./operators/shape-operators.ts";
import type { Operand, Program, ProgramBody, ProgramCall, ProgramConstant } from "./program/merge-recordings.ts";

/**
 * Adds a program to a graph.
 *
 * @param inputs values of the graph, one for each input of the program, and one for each of its noises.
 * @returns its output.
 * @throws {OptionError} an operation has no counterpart in ONNX.
 */
export function translateProgram(graph: GraphBuilder, program: Program, inputs: readonly GraphValue[]): GraphValue {
  const read = [...program.inputs, ...program.noises.map(({ value }) => value)];
  const values = new Map(read.map(({ id }, i) => [id, inputs[i] as GraphValue]));
  translateCalls(graph, program.calls, values);
  return fullOf(graph, program.output, values);
}

type Values = Map<number, GraphValue>;

function translateCalls(graph: GraphBuilder, calls: readonly ProgramCall[], values: Values): void {
  for (const call of calls) {
    const found = call.body === undefined ? operatorOf(call)(operatorCall(graph, call, values)) : undefined;
    const results = found ?? translateLoop(graph, call, call.body as ProgramBody, values);
    const list = "name" in results ? [results] : results;
    for (const [i, { id }] of call.outputs.entries()) values.set(id, list[i] as GraphValue);
  }
}

function operatorOf({ kernel, place }: ProgramCall): (call: OperatorCall) => GraphValue | readonly GraphValue[] {
  if (Object.hasOwn(operators, kernel)) return operators[kernel] as (typeof operators)[string];
  throw new OptionError(
    `exportOnnx: expected operations that ONNX has, got the kernel ${kernel}${place === undefined ? "" : `, after "${place}"`}.`,
  );
}

function operatorCall(graph: GraphBuilder, { inputs, attributes, outputs }: ProgramCall, values: Values): OperatorCall {
  const names = [...inputs.keys()];
  const operand = (name: string): Operand => inputs.get(name) as Operand;
  const output = outputs[0] as OutputForm;
  // A constant that is the same along an axis need not be stretched where another input has the whole shape.
  const isWhole = (name: string): boolean => {
    const read = operand(name);
    return typeof read === "number" && sameDimensions((values.get(read) as GraphValue).shape, output.shape);
  };
  return {
    graph,
    names,
    outputs,
    output,
    input: (name) => fullOf(graph, operand(name), values),
    broadcasting: (some = names) =>
      some.map((name) => {
        const read = operand(name);
        const isStored = typeof read !== "number" && some.some(isWhole);
        return isStored ? storedOf(graph, read) : fullOf(graph, read, values);
      }),
    setting: <T>(name: string) => attributes[name] as T,
  };
}

/** An operand in its full shape. */
function fullOf(graph: GraphBuilder, operand: Operand, values: Values): GraphValue {
  if (typeof operand === "number") return values.get(operand) as GraphValue;
  return graph.expand(storedOf(graph, operand), operand.shape);
}

function storedOf(graph: GraphBuilder, { name, type, values, storedShape }: ProgramConstant): GraphValue {
  return graph.constant(type, values, storedShape, name);
}

/** Translates a loop to ONNX `Loop`, which stops after `most` passes or when no element continues. */
function translateLoop(
  graph: GraphBuilder,
  { inputs, outputs }: ProgramCall,
  { state, calls, results, goesOn, most }: ProgramBody,
  values: Values,
): readonly GraphValue[] {
  const start = [...inputs.values()].map((operand) => fullOf(graph, operand, values));
  const body = graph.body();
  const inner = new Map(values);
  body.input("pass", { shape: [], type: "int64" });
  body.input("goes_on", { shape: [], type: "bool" });
  for (const { id, shape, type } of state) inner.set(id, body.input("state", { shape, type }));
  translateCalls(body, calls, inner);
  const condition = body.named("goes_on", anyOf(body, fullOf(body, goesOn, inner)));
  const after = results.map((operand) => body.named("state", fullOf(body, operand, inner)));
  const loop = body.finish("loop", [condition, ...after]);
  return graph.nodeOfMany("Loop", [graph.scalar(most, "int64"), graph.scalar(1, "bool"), ...start], outputs, {
    body: { graph: loop },
  });
}

/** `true` if the condition is true for at least one element, as a scalar. */
function anyOf(graph: GraphBuilder, condition: GraphValue): GraphValue {
  if (condition.shape.length === 0) return condition;
  const count = graph.node(
    "ReduceSum",
    [graph.cast(condition, "int32")],
    { shape: [], type: "int32" },
    {
      keepdims: { integer: 0 },
    },
  );
  return graph.node("Greater", [count, graph.scalar(0, "int32")], { shape: [], type: "bool" });
}
