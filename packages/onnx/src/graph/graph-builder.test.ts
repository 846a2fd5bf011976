import { expect, test } from "vitest";
import { encodeModel } from "./encode-model.ts";
import { GraphBuilder } from "./graph-builder.ts";

const form = { shape: [{ rows: 1 }, 2], type: "float32" } as const;

test("nodes that compute the same are one, and what nothing needs is left out", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", form);
  const one = graph.node("Exp", [x], form);
  const other = graph.node("Exp", [x], form);
  graph.node("Log", [x], form);
  const { nodes } = graph.finish("test", [graph.node("Add", [one, other], form)]);
  expect(nodes.map(({ operator }) => operator)).toEqual(["Exp", "Add"]);
  expect(nodes[1]?.inputs).toEqual([one.name, one.name]);
});

test("constants with the same values are one; −0 is not 0, and NaN is NaN", () => {
  const graph = new GraphBuilder();
  const constant = (value: number) => graph.constant("float32", [value], [], "value").name;
  expect(constant(1)).toBe(constant(1));
  expect(constant(0)).not.toBe(constant(-0));
  expect(constant(Number.NaN)).toBe(constant(Number.NaN));
  expect(graph.constant("float32", [1], [1]).name).not.toBe(constant(1));
});

test("the body of a loop reads what is around it, and that is kept", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", form);
  const outer = graph.node("Exp", [x], form);
  const body = graph.body();
  const state = body.input("state", form);
  const sum = body.named("sum", body.node("Add", [state, outer], form));
  const loop = body.finish("body", [sum]);
  const [y] = graph.nodeOfMany("Loop", [undefined, undefined, x], [form], { body: { graph: loop } });
  const { nodes } = graph.finish("test", y === undefined ? [] : [y]);
  expect(nodes.map(({ operator }) => operator)).toEqual(["Exp", "Loop"]);
});

test("shapes with the number of rows are computed from the first input", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", form);
  const wide = graph.expand(graph.scalar(1), [{ rows: 1 }, { rows: 2 }]);
  const { nodes } = graph.finish("test", [wide]);
  expect(nodes.map(({ operator }) => operator)).toEqual(["Shape", "Mul", "Concat", "Expand"]);
  expect(nodes[0]?.inputs).toEqual([x.name]);
  expect(graph.reshape(x, form.shape)).toBe(x);
});

test("a model begins with its version and its maker, and each node has its own name", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", form);
  const file = encodeModel(graph.finish("test", [graph.named("y", graph.node("Exp", [x], form))]), { task: "test" });
  const text = new TextDecoder("latin1").decode(file);
  expect(text.startsWith("\x08\x08\x12\x0bpushforward")).toBe(true);
  // Inputs, outputs, name, operator.
  expect(text).toContain("\x0a\x01x\x12\x03Exp\x1a\x03Exp\x22\x03Exp");
  expect(text).toContain("rows");
});
