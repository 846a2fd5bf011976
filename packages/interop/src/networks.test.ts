import { useBackend } from "@pushforward/backend";
import { Made, type MadeOptions, Mlp, type MlpOptions, ResidualMlp } from "@pushforward/conditioners";
import type { DenseLayer } from "@pushforward/conditioners/extend";
import { createKey } from "@pushforward/core";
import { makePlan, type PlanMatrix } from "@pushforward/core/extend";
import { columnsStep, type PlannedInput, runPlan } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { type LibraryNetwork, libraryNetworks } from "../test/library-networks.ts";
import { NFLOWS_MADE_LAYOUT, NFLOWS_NET_LAYOUT, unitOrder, ZUKO_LAYOUT } from "./flow/forms.ts";

const ROWS = 3;

type Network = Made | Mlp | ResidualMlp;

function make({ library, options: { type, ...options } }: LibraryNetwork): Network {
  const nflows = type === "made" ? NFLOWS_MADE_LAYOUT : NFLOWS_NET_LAYOUT;
  const layout = library === "zuko" ? ZUKO_LAYOUT : nflows;
  if (type === "made") return new Made({ ...(options as MadeOptions), layout });
  const Net = type === "mlp" ? Mlp : ResidualMlp;
  return new Net({ ...(options as MlpOptions), layout });
}

/** The network with the weights of the library, put where they belong by its keys and units. */
function load(reference: LibraryNetwork): Network {
  const net = make(reference);
  const style = reference.library === "zuko" ? "zuko" : "made";
  const unitsOf = (layer: number): number[] => {
    const width = layer === 0 ? net.inputSize : ((net.layers[layer - 1] as DenseLayer).bias.shape[0] as number);
    const isHidden = net instanceof Made && layer > 0 && layer < net.layers.length;
    return isHidden
      ? unitOrder({ style, order: net.order, context: net.contextSize }, width)
      : [...Array(width).keys()];
  };
  const last = net.layers.length - 1;
  for (const [j, name] of reference.keys.entries()) {
    const { layer: i, isContext } = placeOf(name, reference, last, net);
    const layer = net.layers[i] as DenseLayer;
    const to = unitsOf(i + 1);
    const value = (k: number): number => Math.fround(0.9 * Math.sin(0.61 * (k + 1) ** 2 + 1.3 * j));
    if (name.endsWith("bias")) {
      (isContext ? layer.contextBias : layer.bias)?.write(to.map(value));
      continue;
    }
    const from = isContext ? [...Array(net.contextSize).keys()] : unitsOf(i);
    // The context is further inputs of the first layer, unless it has a map of its own.
    const further = layer.contextWeight && !layer.contextBias ? net.contextSize : 0;
    const width = from.length + (isContext ? 0 : further);
    const matrix = (rows: readonly number[]): number[] =>
      rows.flatMap((row) => to.map((unit) => value(unit * width + row)));
    (isContext ? layer.contextWeight : layer.weight)?.write(matrix(from));
    if (isContext || further === 0) continue;
    layer.contextWeight?.write(matrix([...Array(further).keys()].map((row) => from.length + row)));
  }
  return net;
}

/** The layer that a key of a library is for. */
function placeOf(
  name: string,
  { library, keys }: LibraryNetwork,
  last: number,
  net: Network,
): { layer: number; isContext: boolean } {
  if (library === "zuko")
    return {
      layer: keys.filter((key) => key.endsWith("weight")).indexOf(name.replace("bias", "weight")),
      isContext: false,
    };
  if (name.startsWith("initial_layer")) return { layer: 0, isContext: false };
  if (name.startsWith("context_layer")) return { layer: 0, isContext: true };
  if (name.startsWith("final_layer")) return { layer: last, isContext: false };
  const [, block = "", part = "", number = ""] = name.split(".");
  if (part === "linear") return { layer: 1 + Number(block), isContext: false };
  if (part === "linear_layers") return { layer: 1 + 2 * Number(block) + Number(number), isContext: false };
  return { layer: (net instanceof Made ? 1 : 2) + 2 * Number(block), isContext: true };
}

function inputsOf(net: Network): [x: tf.Tensor2D, context?: tf.Tensor2D] {
  const array = (columns: number, f: (i: number) => number): tf.Tensor2D =>
    tf.tensor2d(
      Float32Array.from({ length: ROWS * columns }, (_, i) => f(i)),
      [ROWS, columns],
    );
  const x = array(net.inputSize, (i) => 1.5 * Math.sin(2.3 * i + 0.5));
  return net.contextSize === 0 ? [x] : [x, array(net.contextSize, (i) => 1.2 * Math.cos(1.9 * i))];
}

function columnsOf({ inputSize, contextSize }: Network): number[] {
  return contextSize === 0 ? [inputSize] : [inputSize, contextSize];
}

function planned(inputs: readonly (tf.Tensor | undefined)[]): PlannedInput[] {
  return inputs.flatMap((tensor) => (tensor === undefined ? [] : { tensor, eventShape: tensor.shape.slice(1) }));
}

function expectClose(actual: tf.Tensor, expected: ArrayLike<number>): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  for (let i = 0; i < values.length; i++) {
    const wanted = expected[i] as number;
    expect(Math.abs((values[i] as number) - wanted)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(wanted)));
  }
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    describe.each(Object.entries(libraryNetworks))("%s", (_, reference) => {
      test("with the weights of the library gives what it gives there", () => {
        using net = load(reference);
        tf.tidy(() => expectClose(net.apply(...inputsOf(net)), reference.y));
      });

      test("by a plan too, with its gradients", () => {
        using net = load(reference);
        const plan = makePlan(columnsOf(net), (builder, [x, context]) => [
          net.lower(builder, x as PlanMatrix, context),
        ]);
        expect(plan.reason).toBeUndefined();
        tf.tidy(() => {
          const inputs = inputsOf(net);
          const byPlan = (...tensors: tf.Tensor[]): tf.Tensor =>
            runPlan(() => plan, planned(tensors))?.values[0] as tf.Tensor;
          expectClose(byPlan(...(inputs as tf.Tensor[])), reference.y);
          const variables = [...net.parameters().values()].map(({ variable }) => variable);
          const gradientsOf = (f: (...x: tf.Tensor[]) => tf.Tensor): tf.Tensor[] => {
            const loss = () => tf.sum(tf.square(f(...(inputs as tf.Tensor[])))) as tf.Scalar;
            const { grads } = tf.variableGrads(loss, variables);
            return variables.map(({ name }) => grads[name] as tf.Tensor);
          };
          const expected = gradientsOf((x, context) => net.apply(x as tf.Tensor, context));
          for (const [i, gradient] of gradientsOf(byPlan).entries()) {
            const largest = Math.max(1, ...(expected[i] as tf.Tensor).dataSync().map(Math.abs));
            const error = tf.max(tf.abs(tf.sub(gradient, expected[i] as tf.Tensor))).dataSync()[0] as number;
            expect(error / largest).toBeLessThan(1e-5);
          }
        });
      });

      test("rank by rank too, on tensors and by a plan", () => {
        using net = load(reference);
        if (!(net instanceof Made)) return;
        const { order, outputsPerVariable: outputs } = net;
        const members = [...Array(Math.max(...order) + 1).keys()].map((rank) =>
          [...order.keys()].filter((variable) => order[variable] === rank),
        );
        const expected = (variables: readonly number[]): number[] =>
          [...Array(ROWS).keys()].flatMap((row) =>
            variables.flatMap((variable) => {
              const at = (row * order.length + variable) * outputs;
              return reference.y.slice(at, at + outputs);
            }),
          );
        tf.tidy(() => {
          const [x, context] = inputsOf(net);
          const valuesOf = (variables: readonly number[]): tf.Tensor2D =>
            tf.concat2d(
              variables.map((variable) => tf.slice2d(x, [0, variable], [-1, 1])),
              1,
            );
          const steps = net.begin(ROWS, context);
          for (const [rank, variables] of members.entries()) {
            const before = members[rank - 1];
            expectClose(steps.next(before && valuesOf(before)), expected(variables));
          }
          const plan = makePlan(columnsOf(net), (builder, [value, given]) => {
            const planned = net.lowerSteps(builder, given);
            return members.map((_, rank) => {
              const before = members[rank - 1];
              return planned.next(before && columnsStep(builder, value as PlanMatrix, before));
            });
          });
          const outputsByPlan = runPlan(() => plan, planned([x, context]))?.values as tf.Tensor[];
          for (const [rank, variables] of members.entries()) {
            expectClose(outputsByPlan[rank] as tf.Tensor, expected(variables));
          }
        });
      });
    });
  });
}

describe("initial values are those of the library", () => {
  const key = createKey(3);
  // By layer: the bound of weight and bias, and of the map of the context.
  test.each([
    [
      "Made of nflows",
      () =>
        new Made({
          features: 9,
          outputsPerVariable: 40,
          hidden: [100, 100],
          residual: true,
          context: 4,
          layout: NFLOWS_MADE_LAYOUT,
          key,
        }),
      [[1 / 3, 1 / 2], [0.1, 1 / 2], [1e-3], [0.1]],
    ],
    [
      "Made of nflows, feed-forward",
      () =>
        new Made({
          features: 9,
          outputsPerVariable: 40,
          hidden: [100, 100],
          context: 4,
          layout: NFLOWS_MADE_LAYOUT,
          key,
        }),
      [[1 / 3, 1 / 2], [0.1], [0.1]],
    ],
    [
      "ResidualMlp of nflows",
      () =>
        new ResidualMlp({
          inputSize: 5,
          outputSize: 80,
          hidden: [100, 100],
          context: 4,
          layout: NFLOWS_NET_LAYOUT,
          key,
        }),
      [[1 / 3, 1 / 3], [0.1], [1e-3, 1 / 2], [0.1]],
    ],
    [
      "Made of zuko, residual",
      () =>
        new Made({
          features: 5,
          outputsPerVariable: 40,
          hidden: [100],
          residual: true,
          context: 4,
          layout: ZUKO_LAYOUT,
          key,
        }),
      [[1 / 3, 1 / 3], [0.1], [0.1], [0.1]],
    ],
    [
      "Mlp of zuko",
      () => new Mlp({ inputSize: 5, outputSize: 80, hidden: [100], context: 4, layout: ZUKO_LAYOUT, key }),
      [[1 / 3, 1 / 3], [0.1]],
    ],
    [
      "Mlp of ours",
      () => new Mlp({ inputSize: 5, outputSize: 80, hidden: [100], context: 4, key }),
      [[1 / 3, 1 / 3], [0]],
    ],
  ] as const)("%s", (_, makeNetwork, bounds) => {
    using net: Network = makeNetwork();
    expect(net.layers.length).toBe(bounds.length);
    for (const [i, [bound, contextBound]] of bounds.entries()) {
      const { weight, bias, contextWeight, contextBias } = net.layers[i] as DenseLayer;
      const check = (values: ArrayLike<number> | undefined, limit: number | undefined): void => {
        expect(values === undefined, `layer ${i}`).toBe(limit === undefined);
        if (values === undefined || limit === undefined) return;
        const largest = Math.max(...Array.from(values, Math.abs));
        expect(largest, `layer ${i}`).toBeLessThanOrEqual(limit * (1 + 1e-6));
        expect(largest, `layer ${i}`).toBeGreaterThanOrEqual(0.9 * limit);
      };
      check(weight.read(), bound);
      check(bias.read(), bound);
      check(contextWeight?.read(), contextBound);
      if (contextBias) check(contextBias.read(), contextBound);
    }
  });
});
