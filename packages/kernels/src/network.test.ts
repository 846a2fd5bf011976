import { describe, expect, test } from "vitest";
import { Bench, generator, largestError, random } from "../test/arrays.ts";
import { type Network, type NetworkLayer, networkBackward, networkForward, networkWorkspace } from "./index.ts";

interface Case {
  readonly widths: readonly number[];
  readonly batch: number;
  readonly activation: Network["activation"];
  readonly residual: boolean;
  readonly contextRows: number;
  readonly drops: boolean;
}

const CONTEXT = 3;
const next = generator(11);
const cases: Case[] = [];
for (const activation of ["relu", "tanh", "elu", "silu"] as const) {
  for (const batch of [1, 2, 9]) {
    for (const contextRows of new Set([0, 1, batch])) {
      for (const widths of [
        [3, 5],
        [2, 9, 4],
        [7, 33, 17, 6],
      ]) {
        cases.push({ widths, batch, activation, residual: false, contextRows, drops: cases.length % 2 === 0 });
      }
      for (const widths of [
        [3, 5],
        [2, 9, 4],
        [2, 9, 9, 9, 4],
        [5, 12, 12, 12, 12, 12, 3],
      ]) {
        cases.push({ widths, batch, activation, residual: true, contextRows, drops: cases.length % 2 === 0 });
      }
    }
  }
}

const acts = {
  relu: (z: number) => Math.max(z, 0),
  tanh: Math.tanh,
  elu: (z: number) => (z > 0 ? z : Math.expm1(z)),
  silu: (z: number) => z / (1 + Math.exp(-z)),
};

/** Every number that the network is made of, by name. */
function valuesOf(c: Case): Map<string, Float64Array> {
  const values = new Map<string, Float64Array>();
  const add = (name: string, count: number, scale: number): void => {
    values.set(name, Float64Array.from(random(next, count, scale)));
  };
  add("x", c.batch * (c.widths[0] as number), 2);
  if (c.contextRows > 0) add("context", c.contextRows * CONTEXT, 1);
  for (let i = 0; i + 1 < c.widths.length; i++) {
    const [inputs, outputs] = [c.widths[i], c.widths[i + 1]] as [number, number];
    add(`${i}.weight`, inputs * outputs, 1);
    if (i !== 1) add(`${i}.bias`, outputs, 1);
    if (i !== 2) {
      values.set(
        `${i}.mask`,
        Float64Array.from({ length: inputs * outputs }, (_, k) =>
          Math.floor(k / outputs) / inputs <= (k % outputs) / outputs ? 1 : 0,
        ),
      );
    }
    if (c.contextRows > 0 && i % 2 === 0) add(`${i}.contextWeight`, CONTEXT * outputs, 1);
    if (c.drops && i + 2 < c.widths.length && (!c.residual || i % 2 === 1)) {
      values.set(
        `${i}.dropout`,
        Float64Array.from({ length: c.batch * outputs }, () => (next() < 0.25 ? 0 : 1.25)),
      );
    }
  }
  return values;
}

/** The network in float64, written from its definition. */
function reference(c: Case, values: Map<string, Float64Array>): Float64Array {
  const linear = (h: Float64Array, i: number): Float64Array => {
    const [inputs, outputs] = [c.widths[i], c.widths[i + 1]] as [number, number];
    const [weight, bias, mask, contextWeight] = ["weight", "bias", "mask", "contextWeight"].map((part) =>
      values.get(`${i}.${part}`),
    );
    const context = values.get("context");
    const y = new Float64Array(c.batch * outputs);
    for (let r = 0; r < c.batch; r++) {
      for (let j = 0; j < outputs; j++) {
        let sum = bias?.[j] ?? 0;
        for (let k = 0; k < inputs; k++) {
          const at = k * outputs + j;
          sum += (h[r * inputs + k] as number) * (weight?.[at] as number) * (mask?.[at] ?? 1);
        }
        for (let k = 0; k < CONTEXT && contextWeight; k++) {
          const row = c.contextRows === 1 ? 0 : r;
          sum += (context?.[row * CONTEXT + k] as number) * (contextWeight[k * outputs + j] as number);
        }
        y[r * outputs + j] = sum;
      }
    }
    return y;
  };
  const act = (h: Float64Array, layer: number): Float64Array => {
    const dropout = values.get(`${layer}.dropout`);
    return h.map((z, k) => acts[c.activation](z) * (dropout?.[k] ?? 1));
  };
  const count = c.widths.length - 1;
  let h = linear(values.get("x") as Float64Array, 0);
  if (!c.residual) {
    for (let i = 1; i < count; i++) h = linear(act(h, i - 1), i);
    return h;
  }
  for (let i = 1; i + 1 < count; i += 2) {
    const block = linear(act(linear(act(h, i - 1), i), i), i + 1);
    h = h.map((value, k) => value + (block[k] as number));
  }
  return count === 1 ? h : linear(act(h, count - 2), count - 1);
}

for (const name of ["scalar", "simd", "relaxed"] as const) {
  describe(name, () => {
    test("a network and its gradients agree with its definition and with finite differences in float64", () => {
      const bench = new Bench(name);
      for (const c of cases) {
        const values = valuesOf(c);
        const array = (key: string): Float32Array | undefined => bench.optional(values.get(key));
        const layers: NetworkLayer[] = c.widths.slice(1).map((outputs, i) => ({
          inputs: c.widths[i] as number,
          outputs,
          weight: array(`${i}.weight`) as Float32Array,
          bias: array(`${i}.bias`),
          mask: array(`${i}.mask`),
          contextWeight: array(`${i}.contextWeight`),
          dropout: array(`${i}.dropout`),
        }));
        const network = { layers, activation: c.activation, residual: c.residual };
        const input = {
          batch: c.batch,
          x: array("x") as Float32Array,
          context: array("context"),
          contextRows: c.contextRows,
        };
        const dyValues = random(next, c.batch * (c.widths.at(-1) as number));
        const dy = bench.array(dyValues);
        const y = bench.array(dy.length);
        const sizes = networkWorkspace(network, c.batch, CONTEXT);
        const saved = bench.array(sizes.saved);
        const scratch = bench.array(sizes.scratch);
        const like = (a: Float32Array | undefined): Float32Array | undefined => a && bench.array(a.length);
        const gradients = {
          x: bench.array(input.x.length),
          context: like(input.context),
          layers: layers.map(({ weight, bias, contextWeight }) => ({
            weight: bench.array(weight.length),
            bias: like(bias),
            contextWeight: like(contextWeight),
          })),
        };
        networkForward(bench.kernels, network, input, y, saved, scratch);
        scratch.fill(7);
        networkBackward(bench.kernels, network, input, dy, gradients, saved, scratch);
        const error = largestError(y, reference(c, values));
        expect(error, JSON.stringify(c)).toBeLessThan(3e-6);
        const computed = new Map<string, Float32Array | undefined>([
          ["x", gradients.x],
          ["context", gradients.context],
        ]);
        for (const [i, layer] of gradients.layers.entries()) {
          for (const [part, gradient] of Object.entries(layer)) computed.set(`${i}.${part}`, gradient);
        }
        const loss = (): number => reference(c, values).reduce((sum, v, i) => sum + v * (dyValues[i] as number), 0);
        for (const [key, gradient] of computed) {
          if (gradient === undefined) continue;
          const at = values.get(key) as Float64Array;
          for (let trial = 0; trial < 2; trial++) {
            const i = Math.floor(next() * at.length);
            const before = at[i] as number;
            at[i] = before + 1e-7;
            const above = loss();
            at[i] = before - 1e-7;
            const below = loss();
            at[i] = before;
            const slope = (above - below) / 2e-7;
            const difference = Math.abs((gradient[i] as number) - slope) / Math.max(1, Math.abs(slope));
            expect(difference, `${JSON.stringify(c)} ${key}[${i}]`).toBeLessThan(3e-5);
          }
        }
        expect(bench.finish()).toBe(true);
      }
    });
  });
}
