import { useBackend } from "@pushforward/backend";
import { type Conditioner, createKey, type Key, ModelFileError, OptionError } from "@pushforward/core";
import { makePlan, type PlanMatrix, withTraining } from "@pushforward/core/extend";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { conditionersCodecs } from "./codecs.ts";
import { Mlp, ResidualMlp } from "./dense-network.ts";
import { Made } from "./made.ts";

const key = createKey(6);
const uniform = { start: "uniform", degrees: "cyclic" } as const;
const maps = { ...uniform, context: "maps" } as const;
const mlpSizes = { inputSize: 3, outputSize: 4, context: 2, hidden: [7, 7, 7] };
const madeSizes = { features: 3, outputsPerVariable: 2, context: 2, hidden: [7, 7, 7] };

type Options = { readonly activation?: "relu" | "tanh" | "elu" | "silu"; readonly dropout?: number };

const networks: Readonly<Record<string, (options: Options) => Conditioner>> = {
  Mlp: (options) => new Mlp({ ...mlpSizes, ...options }),
  ResidualMlp: (options) => new ResidualMlp({ ...mlpSizes, ...options }),
  Made: (options) => new Made({ ...madeSizes, ...options }),
  "Made, residual": (options) => new Made({ ...madeSizes, residual: true, ...options }),
  "ResidualMlp of gated linear blocks": (options) =>
    new ResidualMlp({ ...mlpSizes, layout: { ...uniform, context: "gates", blocks: "linear" }, ...options }),
  "ResidualMlp of widening blocks, maps of the context": (options) =>
    new ResidualMlp({ ...mlpSizes, layout: { ...maps, blocks: "widening" }, ...options }),
  "Made with maps of the context, linear blocks": (options) =>
    new Made({ ...madeSizes, layout: { ...maps, blocks: "linear" }, residual: true, ...options }),
  "Made with maps of the context, feed-forward": (options) => new Made({ ...madeSizes, layout: maps, ...options }),
  "Made of widening blocks": (options) =>
    new Made({ ...madeSizes, layout: { ...uniform, blocks: "widening" }, residual: true, ...options }),
};

/** Random weights by path: networks of the same sizes are the same but for what they drop. */
function perturbed(net: Conditioner): Conditioner {
  for (const [path, parameter] of net.parameters()) {
    parameter.write(
      key
        .fold(path)
        .normal(parameter.read().length)
        .map((v) => 0.5 * v),
    );
  }
  return net;
}

function numbers(tensor: tf.Tensor): number[] {
  return Array.from(tensor.dataSync());
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  const inputs = (): [tf.Tensor, tf.Tensor] => [
    tf.tensor2d(key.fold("x").normal(18), [6, 3]),
    tf.tensor2d(key.fold("c").normal(12), [6, 2]),
  ];
  const apply = (net: Conditioner, step?: Key): number[] =>
    tf.tidy(() => {
      const [x, context] = inputs();
      return numbers(step ? withTraining(net, step, () => net.apply(x, context)) : net.apply(x, context));
    });

  describe.each(Object.entries(networks))("%s", (_, make) => {
    test("drops by the key in a step of training, and nothing elsewhere", () => {
      using net = perturbed(make({ dropout: 0.4 }));
      using whole = perturbed(make({}));
      expect(apply(net)).toEqual(apply(whole));
      const dropped = apply(net, key);
      expect(dropped).not.toEqual(apply(net));
      expect(apply(net, key)).toEqual(dropped);
      expect(apply(net, key.fold(1))).not.toEqual(dropped);
      expect(apply(net)).toEqual(apply(whole));
      expect(apply(whole, key)).toEqual(apply(whole));
      // A network that another model's training uses is not trained.
      tf.tidy(() => {
        const [x, context] = inputs();
        expect(numbers(withTraining(whole, key, () => net.apply(x, context)))).toEqual(apply(net));
      });
    });

    test.each(["relu", "tanh", "elu", "silu"] as const)(
      "%s: gradients are finite differences for a key",
      (activation) => {
        using net = perturbed(make({ activation, dropout: 0.3 }));
        const parameters = [...net.parameters()];
        const loss = (): tf.Scalar => {
          const [x, context] = inputs();
          const factors = tf.tensor2d(key.fold("dy").normal(6 * net.outputSize), [6, net.outputSize]);
          return withTraining(net, key, () => tf.sum(tf.mul(net.apply(x, context), factors)));
        };
        const grads = tf.tidy(() => {
          const variables = parameters.map(([, { variable }]) => variable);
          const { grads } = tf.variableGrads(loss, variables);
          return parameters.map(([, { variable }]) => numbers(grads[variable.name] as tf.Tensor));
        });
        const value = (): number => tf.tidy(() => loss().dataSync()[0] as number);
        for (const [p, [path, parameter]] of parameters.entries()) {
          const at = p % parameter.read().length;
          const values = parameter.read();
          const shifted = (by: number): number => {
            parameter.write(values.map((v, i) => (i === at ? v + by : v)));
            return value();
          };
          // The less, the rarer a kink of relu lies between; the roundings grow.
          const by = activation === "relu" ? 2e-3 : 1e-2;
          const slope = (shifted(by) - shifted(-by)) / (2 * by);
          parameter.write(values);
          const error = Math.abs((grads[p]?.[at] as number) - slope) / Math.max(1, Math.abs(slope));
          // A kink of relu may lie between.
          expect(error, `${path}[${at}]`).toBeLessThan(activation === "relu" ? 0.05 : 5e-3);
        }
      },
    );

    test("leaks nothing", () => {
      using net = perturbed(make({ dropout: 0.4 }));
      apply(net, key);
      const before = tf.memory().numTensors;
      for (let i = 0; i < 3; i++) apply(net, key.fold(i));
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  test("generating one variable at a time drops nothing", () => {
    using net = new Made({ ...madeSizes, dropout: 0.4 });
    perturbed(net);
    const whole = apply(net);
    const first = tf.tidy(() => withTraining(net, key, () => numbers(net.begin(6, inputs()[1]).next())));
    for (let row = 0; row < 6; row++) expect(first[2 * row]).toBeCloseTo(whole[6 * row] as number, 5);
    expect(apply(net, key)[0]).not.toBeCloseTo(whole[0] as number, 5);
  });

  test("a linear network is itself on average, and a layer drops its share", () => {
    using net = new ResidualMlp({ inputSize: 1, outputSize: 1, hidden: [64, 64], dropout: 0.25 });
    // y = Σ of 64 activations inside of the block, which are all 1, over 64.
    const write = (path: string, value: number): void => {
      const parameter = net.parameters().get(path);
      parameter?.write(parameter.read().fill(value));
    };
    write("layers.1.bias", 1);
    write("layers.2.weight", 1 / 64);
    write("layers.3.weight", 1 / 64);
    const rows = 500;
    const means = Array.from({ length: 20 }, (_, step) =>
      tf.tidy(() => {
        const y = withTraining(net, key.fold(step), () => net.apply(tf.zeros([rows, 1])));
        const values = numbers(y);
        // Each is a number of units that were kept, over 48.
        expect(values.filter((value) => !(Math.abs(48 * value - Math.round(48 * value)) < 1e-3))).toEqual([]);
        return values.reduce((sum, v) => sum + v, 0) / rows;
      }),
    );
    const mean = means.reduce((sum, v) => sum + v, 0) / means.length;
    const sd = Math.sqrt(0.25 / 0.75 / 64 / rows);
    expect(Math.abs(mean - 1)).toBeLessThan((4 * sd) / Math.sqrt(means.length));
    for (const value of means) expect(Math.abs(value - 1)).toBeLessThan(5 * sd);
    expect(new Set(means).size).toBeGreaterThan(15);
  });
});

test("the plan knows the share, that of one variable at a time does not", () => {
  const settings = (dropout: number): unknown[] => {
    using net = new Made({ ...madeSizes, residual: true, dropout });
    const { plan } = makePlan([3, 2], (builder, [x, context]) => {
      net.lowerSteps(builder, context).next();
      return [net.lower(builder, x as PlanMatrix, context)];
    });
    return plan?.steps.map((step) => step.settings) ?? [];
  };
  const [begin, next, whole] = settings(0.2);
  expect(JSON.stringify([begin, next])).toBe(JSON.stringify(settings(0).slice(0, 2)));
  expect(JSON.stringify(whole).match(/"dropout":0.2/g)).toHaveLength(2);
  expect(JSON.stringify(settings(0))).not.toContain("dropout");
});

test("dropout takes nothing behind a first layer that has a map of the context", () => {
  using net = new Made({ ...madeSizes, layout: maps, dropout: 0.2 });
  const { plan } = makePlan([3, 2], (builder, [x, context]) => [net.lower(builder, x as PlanMatrix, context)]);
  const [step] = plan?.steps ?? [];
  const layers = step?.op === "network" ? step.settings.layers : [];
  expect(layers.map(({ dropout }) => dropout)).toEqual([undefined, 0.2, 0.2, undefined]);
});

test.each([-0.1, 1, 2, Number.NaN])("dropout: %d is refused", (dropout) => {
  const got = `expected dropout of at least 0 and below 1, got ${dropout}.`;
  expect(() => new Mlp({ ...mlpSizes, dropout })).toThrow(new OptionError(`Mlp: ${got}`));
  expect(() => new ResidualMlp({ ...mlpSizes, dropout })).toThrow(new OptionError(`ResidualMlp: ${got}`));
  expect(() => new Made({ ...madeSizes, dropout })).toThrow(new OptionError(`Made: ${got}`));
});

test("a model file has the share, and one without has none", () => {
  const registry = createRegistry(...conditionersCodecs);
  for (const make of Object.values(networks)) {
    const node = JSON.parse(JSON.stringify(registry.encode(make({ dropout: 0.125 }))));
    expect(node.config.dropout).toBe(0.125);
    expect((registry.decode(node) as Mlp).dropout).toBe(0.125);
    const old = registry.encode(make({}));
    expect(old.config).not.toHaveProperty("dropout");
    expect((registry.decode({ ...old }) as Mlp).dropout).toBe(0);
    for (const dropout of [1, -1, "0.1", null]) {
      expect(() => registry.decode({ ...node, config: { ...node.config, dropout } })).toThrow(ModelFileError);
    }
  }
});
