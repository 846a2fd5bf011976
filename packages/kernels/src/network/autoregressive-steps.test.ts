import type { ContextUse } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, largestError, random } from "../../test/arrays.ts";
import {
  ArrayAutoregressiveSteps,
  type ArrayLayer,
  autoregressiveWorkspace,
  linearRanges,
  linearRangesSize,
  type Network,
  networkForward,
  networkWorkspace,
} from "../index.ts";

interface Case {
  readonly order: readonly number[];
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly activation?: Network["activation"];
  /** The layers that add, and those that read without the activation. */
  readonly adds?: readonly number[];
  readonly raw?: readonly number[];
  readonly context?: number;
  /** How the context enters the first layer; it is added to the second, if at all. */
  readonly contextUse?: ContextUse;
  /** The masks have further zeros, and the context has masks. */
  readonly sparse?: boolean;
}

const natural = (count: number): number[] => [...Array(count).keys()];
const reversed = (count: number): number[] => natural(count).reverse();

const cases: Record<string, Case> = {
  "feed-forward": { order: natural(3), hidden: [8, 8], outputs: 2 },
  "one variable": { order: [0], hidden: [8, 8], outputs: 2 },
  "one variable and context": { order: [0], hidden: [8, 8], outputs: 2, context: 2 },
  "two variables, tanh, context": { order: natural(2), hidden: [8, 8], outputs: 23, context: 1, activation: "tanh" },
  "five variables reversed": { order: reversed(5), hidden: [8, 8], outputs: 2, activation: "elu" },
  "any order, context": { order: [2, 0, 4, 1, 3], hidden: [8, 8], outputs: 5, context: 3, activation: "silu" },
  "residual, two blocks": { order: [3, 0, 2, 1], hidden: [9, 9, 9, 9, 9], outputs: 2, adds: [2, 4] },
  "residual with context": {
    order: natural(4),
    hidden: [9, 9, 9],
    outputs: 2,
    adds: [2],
    context: 2,
    activation: "elu",
  },
  "residual with context, silu": {
    order: reversed(4),
    hidden: [33, 33, 33],
    outputs: 9,
    adds: [2],
    context: 2,
    activation: "silu",
  },
  "no hidden layer": { order: natural(3), hidden: [], outputs: 2 },
  "no hidden layer, context, any order": { order: [1, 2, 0], hidden: [], outputs: 3, context: 2 },
  "different widths": { order: natural(4), hidden: [5, 11, 70], outputs: 1 },
  "many variables": { order: natural(33), hidden: [140, 150], outputs: 2, context: 1, activation: "tanh" },
  "variables of one rank": { order: [0, 1, 0, 1, 1], hidden: [8, 8], outputs: 3 },
  "variables of one rank, context": { order: [2, 0, 1, 0, 2], hidden: [9, 9, 9], outputs: 2, adds: [2], context: 2 },
  "all of one rank": { order: [0, 0, 0], hidden: [6], outputs: 2, context: 1 },
  "context activated": { order: natural(3), hidden: [8, 8], outputs: 2, context: 2, contextUse: "activate" },
  "context activated, residual, silu": {
    order: reversed(4),
    hidden: [9, 9, 9],
    outputs: 3,
    adds: [2],
    raw: [3],
    context: 2,
    contextUse: "activate",
    activation: "silu",
  },
  "a raw stream": { order: [1, 0, 2], hidden: [9, 9, 9, 9, 9], outputs: 2, adds: [2, 4], raw: [1, 3, 5], context: 1 },
  "a stream that changes its width": {
    order: natural(4),
    hidden: [9, 9, 9, 12, 12, 12],
    outputs: 2,
    adds: [2, 5],
    raw: [1, 3, 4, 6],
    activation: "tanh",
  },
  "narrower than the variables": { order: reversed(9), hidden: [4, 3], outputs: 4, context: 1 },
  // From here on so many units are known that they are multiplied for blocks of variables.
  wide: { order: natural(20), hidden: [150, 170], outputs: 3 },
  "wide, any order, tanh, context": {
    order: natural(20).map((i) => (7 * i) % 20),
    hidden: [150, 170],
    outputs: 2,
    context: 2,
    activation: "tanh",
  },
  "wide, context, two variables of a rank": {
    order: natural(20).map((i) => i >> 1),
    hidden: [150, 170],
    outputs: 2,
    context: 2,
  },
  "wide, residual with context": { order: reversed(18), hidden: [170, 170, 170], outputs: 2, adds: [2], context: 2 },
  "wide, context activated, a raw stream": {
    order: natural(18),
    hidden: [170, 170, 170, 170, 170],
    outputs: 1,
    adds: [2, 4],
    raw: [1, 3, 5],
    context: 1,
    contextUse: "activate",
  },
  "wide, context activated": { order: natural(18), hidden: [170, 170], outputs: 2, context: 1, contextUse: "activate" },
  "sparse, context": { order: [0, 1, 0, 1, 2], hidden: [9, 8], outputs: 2, context: 3, sparse: true },
  "sparse, in order, residual": { order: natural(4), hidden: [9, 9, 9], outputs: 3, adds: [2], sparse: true },
  "sparse, context activated": {
    order: [1, 0, 2],
    hidden: [8, 8],
    outputs: 2,
    context: 2,
    contextUse: "activate",
    activation: "tanh",
    sparse: true,
  },
  "sparse, wide, context": { order: reversed(20), hidden: [150, 170], outputs: 2, context: 2, sparse: true },
  "more variables than units": { order: natural(90), hidden: [30, 170], outputs: 2 },
};

const next = generator(5);

/** From 1, or with a context 0, to one less than the number of variables, evenly and sorted. */
function hiddenDegrees(width: number, variables: number, hasContext: boolean): number[] {
  const smallest = hasContext || variables === 1 ? 0 : 1;
  return Array.from({ length: width }, (_, i) =>
    Math.min(smallest + Math.floor((i * (variables - smallest)) / width), variables - 1),
  );
}

/** The same with empty arrays. */
function withoutNumbers(network: Network): Network {
  const empty = (array: Float32Array | undefined): Float32Array | undefined => array && new Float32Array(0);
  const layers = network.layers.map(({ bias, contextWeight, contextBias, ...layer }) => ({
    ...layer,
    weight: new Float32Array(0),
    bias: empty(bias),
    contextWeight: empty(contextWeight),
    contextBias: empty(contextBias),
  }));
  return { ...network, layers };
}

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    test.each(Object.entries(cases))("%s: step by step gives what the whole network gives", (_, c) => {
      const bench = new Bench(name);
      const { order, hidden, outputs, activation = "relu", adds = [], raw = [], context: contextSize = 0 } = c;
      const variables = order.length;
      const ranks = Math.max(...order) + 1;
      const inputDegrees = order.map((rank) => rank + 1);
      const degrees = hidden.map((width) => hiddenDegrees(width, ranks, contextSize > 0));
      const all = [inputDegrees, ...degrees, inputDegrees.flatMap((degree) => Array<number>(outputs).fill(degree))];
      const takes = (i: number): boolean => i !== 1 || c.contextUse !== undefined;
      const layers: ArrayLayer[] = all.slice(1).map((to, i) => {
        const from = all[i] as number[];
        const strict = i === hidden.length;
        const isSeen = (): boolean => c.sparse !== true || next() < 0.6;
        const mask = bench.array(
          from.flatMap((a) => to.map((b) => ((a < b || (a === b && !strict)) && isSeen() ? 1 : 0))),
        );
        const contextMask = (): Float32Array =>
          bench.array(Array.from({ length: contextSize * to.length }, () => (isSeen() ? 1 : 0)));
        const sizes = { inputs: from.length, outputs: to.length };
        const ranges = bench.integers(linearRangesSize(sizes));
        linearRanges(mask, sizes, ranges);
        return {
          ...sizes,
          // Small enough that sums of many do not grow from layer to layer.
          weight: bench.array(random(next, mask.length, Math.min(1, 3 / Math.sqrt(from.length)))),
          mask,
          ranges,
          bias: i === 1 ? undefined : bench.array(random(next, to.length)),
          contextWeight: contextSize > 0 && takes(i) ? bench.array(random(next, contextSize * to.length)) : undefined,
          contextMask: contextSize > 0 && takes(i) && c.sparse ? contextMask() : undefined,
          contextBias: contextSize > 0 && takes(i) && i < 2 ? bench.array(random(next, to.length)) : undefined,
          contextUse: i === 0 ? c.contextUse : undefined,
          adds: adds.includes(i),
          raw: raw.includes(i),
        };
      });
      const network: Network = { layers, activation };
      const steps = { order, outputsPerVariable: outputs, degrees, ...(c.sparse && { isSparse: true }) };
      for (const batch of [1, 4, 13]) {
        for (const contextRows of contextSize > 0 ? [1, batch] : [batch]) {
          const x = bench.array(random(next, batch * variables, 2));
          const context = contextSize > 0 ? bench.array(random(next, contextRows * contextSize)) : undefined;
          const whole = bench.array(batch * variables * outputs);
          const sizes = networkWorkspace(network, batch, contextSize);
          const input = { batch, context, contextRows };
          networkForward(
            bench.kernels,
            network,
            { ...input, x },
            whole,
            bench.array(sizes.saved),
            bench.array(sizes.scratch),
          );
          const workspace = autoregressiveWorkspace(withoutNumbers(network), steps, input, contextSize);
          const state = bench.array(workspace.state);
          const scratch = bench.array(workspace.scratch);
          const run = new ArrayAutoregressiveSteps(bench.kernels, network, steps, input, state, scratch);
          run.begin();
          let previous: Float32Array | undefined;
          for (let rank = 0; rank < ranks; rank++) {
            const members = natural(variables).filter((variable) => order[variable] === rank);
            const columns = members.length * outputs;
            const out = bench.array(batch * columns);
            scratch.fill(7);
            run.step(rank, previous, out);
            const expected = Array.from(out, (_, i) => {
              const [row, variable] = [Math.floor(i / columns), members[Math.floor((i % columns) / outputs)] as number];
              return whole[(row * variables + variable) * outputs + (i % outputs)] as number;
            });
            expect(largestError(out, expected), `batch ${batch}, rank ${rank}`).toBeLessThan(3e-6);
            previous = bench.array(
              natural(batch).flatMap((row) => members.map((variable) => x[row * variables + variable] as number)),
            );
          }
        }
      }
      expect(bench.finish()).toBe(true);
    });
  });
}
