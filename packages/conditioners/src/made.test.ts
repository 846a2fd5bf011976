import { useBackend } from "@pushforward/backend";
import { ContextError, createKey, OptionError, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { Made, type MadeOptions } from "./made.ts";

/** Random values in every parameter, so that no output is constant. */
function perturb(made: Made, seed: number): void {
  for (const [name, parameter] of made.parameters()) {
    const key = createKey(seed).fold(name);
    parameter.write(key.normal(parameter.read().length).map((v) => 0.5 * v));
  }
}

const variables = (net: Made): tf.Variable[] => [...net.parameters().values()].map((p) => p.variable);

/** A graph by the columns that are 1 in each row. */
function graph(width: number, ...rows: readonly (readonly number[])[]): (0 | 1)[][] {
  return rows.map((row) => Array.from({ length: width }, (_, i) => (row.includes(i) ? 1 : 0)));
}

function made(options: Partial<MadeOptions>): Made {
  const net = new Made({ features: 3, outputsPerVariable: 2, hidden: [8, 8], key: createKey(1), ...options });
  perturb(net, 2);
  return net;
}

const cases: Record<string, Partial<MadeOptions>> = {
  "feed-forward": {},
  "one feature": { features: 1 },
  "one feature and context": { features: 1, context: 2 },
  "two features": { features: 2 },
  "two features, tanh, context": { features: 2, context: 1, activation: "tanh" },
  "five features reversed": { features: 5, order: [4, 3, 2, 1, 0], activation: "elu" },
  "five features, any order, context": { features: 5, order: [2, 0, 4, 1, 3], context: 3, activation: "silu" },
  "residual, two blocks": { features: 4, residual: true, hidden: [9, 9, 9], order: [3, 0, 2, 1] },
  "residual with context": { features: 4, residual: true, hidden: [9, 9], context: 2, activation: "elu" },
  "no hidden layer": { features: 3, hidden: [] },
  "no hidden layer, context": { features: 3, hidden: [], context: 2, order: [1, 2, 0] },
  "different widths": { features: 4, hidden: [5, 11, 7] },
  "more variables than one group of steps": { features: 17, hidden: [40, 40], context: 1, activation: "tanh" },
  "more variables than one group, residual, any order": {
    features: 14,
    hidden: [9, 9],
    residual: true,
    order: [13, 2, 5, 0, 7, 9, 11, 1, 3, 12, 4, 6, 8, 10],
  },
  "variables of one rank, context": { features: 5, order: [0, 1, 0, 2, 1], context: 2, activation: "silu" },
  "all of one rank": { order: [0, 0, 0], context: 1, activation: "tanh" },
  "widening blocks, two widths": {
    layout: { start: "uniform", blocks: "widening", degrees: "cyclic" },
    residual: true,
    hidden: [8, 6, 6],
    activation: "elu",
    context: 2,
  },
  "cyclic degrees, variables of one rank": { layout: { degrees: "cyclic" }, order: [1, 0, 1], activation: "tanh" },
  "linear blocks": { layout: { blocks: "linear" }, residual: true, hidden: [7, 7, 7], activation: "silu" },
  "maps of the context, linear blocks": {
    layout: { context: "maps", blocks: "linear" },
    residual: true,
    hidden: [7, 7, 7],
    activation: "tanh",
    context: 2,
  },
  "maps of the context, feed-forward": { layout: { context: "maps" }, activation: "elu", context: 2 },
  "maps of the context, one feature": { layout: { context: "maps" }, residual: true, features: 1, context: 1 },
  "maps of the context, widening blocks": {
    layout: { context: "maps", blocks: "widening" },
    residual: true,
    hidden: [6, 5],
    activation: "tanh",
    context: 1,
  },
  "a graph": { features: 5, adjacency: graph(5, [], [0], [0], [1, 2], []), activation: "tanh", context: 2 },
  "a graph of the context too, any order": {
    features: 4,
    adjacency: graph(6, [1, 3, 4], [3], [], [4, 5]),
    activation: "silu",
    context: 2,
    hidden: [9, 12],
  },
  "a graph, residual, without context": {
    features: 4,
    adjacency: graph(4, [2], [], [1], [1]),
    residual: true,
    hidden: [9, 9],
    activation: "elu",
  },
  "a graph, maps of the context, linear blocks": {
    features: 3,
    adjacency: graph(5, [3], [0], [0, 4]),
    layout: { context: "maps", blocks: "linear" },
    residual: true,
    hidden: [7, 7],
    activation: "tanh",
    context: 2,
  },
  "a graph without edges": { features: 3, adjacency: graph(3, [], [], []), context: 1, activation: "tanh" },
  "a graph of more variables than one group of steps": {
    features: 15,
    adjacency: graph(15, ...Array.from({ length: 15 }, (_, i) => (i < 2 ? [] : [i - 2]))),
    hidden: [30],
    activation: "tanh",
  },
  "a bound of the inputs, context": { inputBound: 0.7, context: 1, order: [2, 0, 1], activation: "tanh" },
  "narrower than the variables": { features: 9, hidden: [4, 3], context: 1, order: [8, 7, 6, 5, 4, 3, 2, 1, 0] },
};

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    describe.each(Object.entries(cases))("%s", (_, options) => {
      test("an output depends on exactly the variables before its own, and on the context", () => {
        using net = made(options);
        const { inputSize, contextSize, outputsPerVariable, order } = net;
        const key = createKey(3);
        const x = tf.tensor2d(key.normal(inputSize), [1, inputSize]);
        const context = contextSize ? tf.tensor2d(key.fold(1).normal(contextSize), [1, contextSize]) : undefined;
        for (let output = 0; output < net.outputSize; output++) {
          const column = (v: tf.Tensor, c?: tf.Tensor) => tf.sum(tf.slice(net.apply(v, c), [0, output], [1, 1]));
          const inputs = context ? [x, context] : [x];
          const [dx, dc] = tf.grads((v: tf.Tensor, c?: tf.Tensor) => column(v, c) as tf.Scalar)(inputs);
          const variable = Math.floor(output / outputsPerVariable);
          const rank = order[variable] as number;
          const values = dx?.dataSync() ?? [];
          for (let i = 0; i < inputSize; i++) {
            // Dead relu units may cut a path that the masks leave open, so openness is checked where it is certain.
            const mayDepend = net.adjacency ? net.adjacency[variable]?.[i] === 1 : (order[i] as number) < rank;
            if (!mayDepend) expect(values[i]).toBe(0);
            else if (net.activation !== "relu") expect(values[i]).not.toBe(0);
          }
          if (dc && net.activation !== "relu") {
            // With maps of the context no hidden unit is before the first of several variables.
            const sees = net.adjacency !== undefined || net.layout.context !== "maps" || rank > 0 || inputSize === 1;
            for (const [i, v] of dc.dataSync().entries()) {
              expect(v !== 0).toBe(sees && net.adjacency?.[variable]?.[inputSize + i] !== 0);
            }
          }
        }
      });

      test("step by step gives what the whole network gives", () => {
        using net = made(options);
        const { inputSize, contextSize, outputsPerVariable: outputs, order } = net;
        const batch = 4;
        for (const contextRows of [batch, 1]) {
          const x = tf.tensor2d(createKey(4).normal(batch * inputSize), [batch, inputSize]);
          const context = contextSize
            ? tf.tensor2d(createKey(5).normal(contextRows * contextSize), [contextRows, contextSize])
            : undefined;
          const full = net.apply(x, context).dataSync();
          const steps = net.begin(batch, context);
          let previous: tf.Tensor | undefined;
          for (let rank = 0; rank <= Math.max(...order); rank++) {
            const variables = [...order.keys()].filter((variable) => order[variable] === rank);
            const step = steps.next(previous);
            expect(step.shape).toEqual([batch, variables.length * outputs]);
            const columns = variables.length * outputs;
            const values = step.dataSync();
            for (const [i, value] of values.entries()) {
              const [b, column] = [Math.floor(i / columns), i % columns];
              const variable = variables[Math.floor(column / outputs)] as number;
              const expected = full[b * net.outputSize + variable * outputs + (column % outputs)] as number;
              expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(expected)));
            }
            previous = tf.concat(
              variables.map((variable) => tf.slice(x, [0, variable], [-1, 1])),
              -1,
            );
          }
          expect(() => steps.next(previous)).toThrow(OptionError);
        }
      });
    });

    test("gradients go through the steps", () => {
      using net = made({ features: 3, order: [2, 0, 1], context: 1, activation: "tanh" });
      const x = tf.tensor2d([0.3, -0.4, 1.2, 0.1, 0.5, -0.7], [2, 3]);
      const context = tf.tensor2d([0.4, -1], [2, 1]);
      const bySteps = () => {
        const steps = net.begin(2, context);
        const outputs = [0, 1, 2].map((rank) =>
          steps.next(rank === 0 ? undefined : tf.slice(x, [0, net.order.indexOf(rank - 1)], [-1, 1])),
        );
        return tf.sum(tf.square(tf.concat(outputs, -1))) as tf.Scalar;
      };
      const whole = () => tf.sum(tf.square(net.apply(x, context))) as tf.Scalar;
      const a = tf.variableGrads(bySteps, variables(net)).grads;
      const b = tf.variableGrads(whole, variables(net)).grads;
      expect(Object.keys(a).length).toBe(net.parameters().size);
      for (const [name, gradient] of Object.entries(b)) {
        expect(tf.max(tf.abs(tf.sub(gradient, a[name] as tf.Tensor))).dataSync()[0]).toBeLessThan(1e-5);
      }
    });

    test("every parameter gets a gradient", () => {
      using net = made({ features: 3, context: 2, residual: true, activation: "tanh" });
      const x = tf.ones([2, 3]);
      const context = tf.ones([2, 2]);
      const { grads } = tf.variableGrads(() => tf.sum(tf.square(net.apply(x, context))) as tf.Scalar, variables(net));
      for (const [name, parameter] of net.parameters()) {
        const gradient = grads[parameter.variable.name];
        expect(gradient && tf.max(tf.abs(gradient)).dataSync()[0], name).toBeGreaterThan(0);
      }
    });

    test("starts at zero, and batch axes of x and context broadcast", () => {
      using net = new Made({ features: 2, outputsPerVariable: 3, context: 1, key: createKey(0) });
      const x = tf.ones([7, 1, 2]);
      const context = tf.ones([5, 1]);
      const outputs = net.apply(x, context);
      expect(outputs.shape).toEqual([7, 5, 6]);
      expect(outputs.dataSync().every((v) => v === 0)).toBe(true);
      expect(net.apply(tf.ones([2]), tf.ones([1])).shape).toEqual([6]);
    });

    test("leaks nothing", () => {
      const before = tf.memory().numTensors;
      const net = made({ context: 1 });
      const run = () =>
        tf.tidy(() => {
          net.apply(tf.ones([4, 3]), tf.ones([4, 1]));
          const steps = net.begin(4, tf.ones([4, 1]));
          steps.next();
          steps.next(tf.ones([4, 1]));
        });
      run();
      const warm = tf.memory().numTensors;
      for (let i = 0; i < 3; i++) run();
      expect(tf.memory().numTensors).toBe(warm);
      net.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });

    test("says what is wrong", () => {
      using net = made({ context: 3 });
      using plain = made({});
      expect(() => net.apply(tf.ones([5, 3]))).toThrow(
        new ContextError("Made.apply: expected a context of shape [..., 3], got none."),
      );
      expect(() => net.apply(tf.ones([5, 3]), tf.ones([5, 2]))).toThrow(
        new ContextError("Made.apply: expected a context of shape [..., 3], got [5, 2]."),
      );
      expect(() => net.apply(tf.ones([5, 3]), tf.ones([4, 3]))).toThrow(
        new ContextError(
          "Made.apply: expected a context with batch axes that broadcast with x of shape [5, 3], got [4, 3].",
        ),
      );
      expect(() => plain.apply(tf.ones([5, 3]), tf.ones([5, 3]))).toThrow(
        new ContextError(
          "Made.apply: expected no context, got one of shape [5, 3]. Construct it with a context size to use one.",
        ),
      );
      expect(() => plain.apply(tf.ones([5, 2]))).toThrow(
        new ShapeError("Made.apply: expected x of shape [..., 3], got [5, 2]."),
      );
      const steps = plain.begin(2);
      expect(() => steps.next(tf.ones([2, 1]))).toThrow(
        new ShapeError("Made.next: expected no value before the first variable, got one."),
      );
      steps.next();
      expect(() => steps.next()).toThrow(
        new ShapeError("Made.next: expected the value [2, 1] of the variable before, got none."),
      );
    });
  });
}

test("refuses options that make no network", () => {
  expect(() => made({ order: [0, 2, 2] })).toThrow(
    new OptionError(
      "Made: expected an order with a rank for each of 3 variables, none left out from 0 to the largest, got [0, 2, 2].",
    ),
  );
  expect(() => made({ features: 0 })).toThrow(
    new OptionError("Made: expected features to be an integer of at least 1, got 0."),
  );
  expect(() => made({ hidden: [8, 9], residual: true })).toThrow(
    new OptionError("Made: expected hidden layers of one width, because residual blocks add to them, got [8, 9]."),
  );
  expect(() => made({ layout: { context: "gates" } })).toThrow(
    new OptionError('Made: expected layout.context to be "inputs" or "maps", got "gates". Gates need a ResidualMlp.'),
  );
  expect(() => made({ adjacency: graph(3, [1], [2], [1]) })).toThrow(
    new OptionError(
      "Made: expected adjacency without cycles, got one: 1 → 2 → 1, where each variable depends on the next.",
    ),
  );
  expect(() => made({ adjacency: graph(4, [1], [2], []) })).toThrow(
    new OptionError(
      "Made: expected adjacency with 3 rows, one for each variable, of 3 columns, got 3 rows of 4 columns.",
    ),
  );
  expect(() => made({ adjacency: graph(4, [1], []), context: 1 })).toThrow(
    new OptionError(
      "Made: expected adjacency with 3 rows, one for each variable, of 3 or 4 columns, got 2 rows of 4 columns.",
    ),
  );
  expect(() =>
    made({
      adjacency: [
        [0, 0, 0],
        [2 as 1, 0, 0],
        [0, 0, 0],
      ],
    }),
  ).toThrow(new OptionError("Made: expected adjacency of booleans, got 2 in row 1, column 0."));
  expect(() => made({ adjacency: graph(3, [1], [2], []), order: [0, 1, 2] })).toThrow(
    new OptionError("Made: expected an order or an adjacency, got both. The order follows from the adjacency."),
  );
  expect(() => made({ adjacency: graph(3, [1], [2], []), hidden: [8, 1] })).toThrow(
    new OptionError(
      "Made: expected hidden layers of at least 2 units, one for each of the different sets of variables that adjacency " +
        "lets a variable depend on, got 1.",
    ),
  );
});

test("the order of a graph is the longest path to a variable; what a variable says of itself does not matter", () => {
  using net = made({
    features: 4,
    adjacency: [
      [true, true, false, true],
      [false, false, false, true],
      [true, true, true, true],
      [false, false, false, false],
    ],
  });
  expect(net.order).toEqual([2, 1, 3, 0]);
  expect(net.adjacency).toEqual(graph(4, [1, 3], [3], [0, 1, 3], []));
});

test("beyond the bound of its inputs the network does not change, and inside it does not notice the bound", () => {
  using bounded = made({ inputBound: 5, activation: "elu" });
  using free = made({ activation: "elu" });
  const outputs = (net: Made, value: number) => net.apply(tf.fill([1, 3], value)).dataSync();
  for (const value of [-3, 0, 3]) {
    for (const [i, output] of outputs(bounded, value).entries()) {
      expect(output).toBeCloseTo(outputs(free, value)[i] as number, 3);
    }
  }
  expect(outputs(bounded, 1e30)).toEqual(outputs(bounded, 100));
  expect(outputs(bounded, -1e30)).toEqual(outputs(bounded, -100));
  for (const inputBound of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 3e38]) {
    expect(() => made({ inputBound })).toThrow(/^Made: expected inputBound to be a positive float32, got /);
  }
});
