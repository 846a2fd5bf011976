import { expect, test } from "vitest";
import {
  disposeParameters,
  isAutoregressiveConditioner,
  isBijection,
  isBijectionFamily,
  isConditionalDistribution,
  isConditioner,
  isDistribution,
  isModule,
  parameter,
  parameterTree,
} from "../extend.ts";
import { createKey, DisposedError, type Module, type ParameterTree, parameterCount } from "../index.ts";

function moduleOf(parts: Readonly<Record<string, unknown>>): Module {
  const parameters = (): ParameterTree => parameterTree(parts);
  const dispose = (): void => disposeParameters(parameters());
  return { parameters, dispose, [Symbol.dispose]: dispose };
}

test("paths name the parts, in the order of their declaration", () => {
  const linear = (): Module =>
    moduleOf({ weight: parameter([2, 3]), bias: parameter([3], undefined, { trainable: false }) });
  const tree = parameterTree({
    base: moduleOf({ mean: parameter([3]) }),
    layers: [linear(), linear()],
    scales: [[parameter([1])], parameter([])],
    name: "text",
    nothing: undefined,
    empty: null,
    count: 3,
    key: createKey(1),
    frozen: moduleOf({}),
  });
  expect([...tree.keys()]).toEqual([
    "base.mean",
    "layers.0.weight",
    "layers.0.bias",
    "layers.1.weight",
    "layers.1.bias",
    "scales.0.0",
    "scales.1",
  ]);
  // Buffers do not count: 3 + 6 + 6 + 1 + 1.
  expect(parameterCount(tree)).toBe(17);
});

test("a parameter reachable twice keeps its first path", () => {
  const shared = parameter([4]);
  const tree = parameterTree({ a: moduleOf({ w: shared }), b: [shared, moduleOf({ inner: moduleOf({ w: shared }) })] });
  expect([...tree.keys()]).toEqual(["a.w"]);
  expect(tree.get("a.w")).toBe(shared);
  expect(parameterCount(tree)).toBe(4);
});

test("disposing a module disposes every parameter, twice without harm", () => {
  const parts = { w: parameter([2]), inner: moduleOf({ v: parameter([2]) }) };
  const owner = moduleOf(parts);
  owner.dispose();
  owner.dispose();
  expect(() => parts.w.read()).toThrow(DisposedError);
  expect(() => parts.inner.parameters().get("v")?.read()).toThrow(DisposedError);
});

test("guards tell the contracts apart and survive any value", () => {
  const method = (): void => {};
  const samples = {
    module: moduleOf({}),
    bijection: { forwardAndLogDet: method, inverseAndLogDet: method },
    family: { bind: method, parameterCount: 2 },
    distribution: { logProb: method, eventShape: [] },
    conditional: { given: method, contextShape: [1] },
    conditioner: { ...moduleOf({}), apply: method, outputSize: 2 },
    autoregressive: { ...moduleOf({}), apply: method, outputSize: 2, order: [0], begin: method },
    number: 3,
    null: null,
    text: "forwardAndLogDet",
    notAModule: { parameters: 3 },
  };
  const guards: readonly [(value: unknown) => boolean, readonly string[]][] = [
    [isModule, ["module", "conditioner", "autoregressive"]],
    [isBijection, ["bijection"]],
    [isBijectionFamily, ["family"]],
    [isDistribution, ["distribution"]],
    [isConditionalDistribution, ["conditional"]],
    [isConditioner, ["conditioner", "autoregressive"]],
    [isAutoregressiveConditioner, ["autoregressive"]],
  ];
  for (const [guard, expected] of guards) {
    const found = Object.entries(samples).filter(([, value]) => guard(value));
    expect(found.map(([name]) => name)).toEqual(expected);
  }
});
