import type { ContextUse } from "@pushforward/core/extend";
import { describe, expect, test } from "vitest";
import { DEEP, KERNEL_BUILDS } from "../../../testing/test/deep.ts";
import { Bench, generator, largestError, random } from "../../test/arrays.ts";
import { type ArrayLayer, type Network, networkBackward, networkForward, networkWorkspace } from "../index.ts";

interface Case {
  readonly widths: readonly number[];
  readonly batch: number;
  readonly activation: Network["activation"];
  /** By layer: the ones that add, those that read without the activation, and how the context enters. */
  readonly adds: readonly number[];
  readonly raw: readonly number[];
  readonly contextUse: Readonly<Record<number, ContextUse>>;
  readonly contextRows: number;
  readonly drops: boolean;
}

const CONTEXT = 3;
const next = generator(11);
const cases: Case[] = [];

const added = { 0: "add", 2: "add", 4: "add" } as const;
const forms: Pick<Case, "widths" | "adds" | "contextUse">[] & Partial<Case>[] = [
  { widths: [3, 5], adds: [], contextUse: added },
  { widths: [2, 9, 4], adds: [], contextUse: added },
  { widths: [7, 33, 17, 6], adds: [], contextUse: added },
  { widths: [2, 9, 9, 9, 4], adds: [2], contextUse: added },
  { widths: [5, 12, 12, 12, 12, 12, 3], adds: [2, 4], contextUse: added },
  // Context through the activation, then added in blocks; nothing is activated before the last layer.
  { widths: [3, 9, 9, 9, 9, 9, 4], adds: [2, 4], raw: [5], contextUse: { 0: "activate", 1: "add", 3: "add" } },
  { widths: [3, 7, 7, 4], adds: [], contextUse: { 0: "activate" } },
  { widths: [1, 3], adds: [], contextUse: { 0: "activate" } },
  { widths: [3, 5, 6], adds: [], raw: [1], contextUse: { 0: "gate", 1: "gate" } },
  // Blocks that the context gates.
  { widths: [1, 9, 9, 9, 9, 9, 4], adds: [2, 4], raw: [5], contextUse: { 0: "add", 2: "gate", 4: "gate" } },
  // A stream that is nowhere activated, and that changes its width.
  { widths: [3, 9, 9, 9, 9, 9, 2], adds: [2, 4], raw: [1, 3, 5], contextUse: { 0: "add" } },
  { widths: [3, 9, 9, 9, 12, 12, 12, 2], adds: [2, 5], raw: [1, 3, 4, 6], contextUse: { 0: "add" } },
];
for (const activation of ["relu", "tanh", "elu", "silu"] as const) {
  for (const batch of [1, 2, 9]) {
    for (const contextRows of new Set([0, 1, batch])) {
      for (const form of forms) {
        cases.push({ raw: [], ...form, batch, activation, contextRows, drops: cases.length % 2 === 0 });
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
    if (c.contextRows > 0 && c.contextUse[i] !== undefined) {
      add(`${i}.contextWeight`, CONTEXT * outputs, 1);
      // Of one of the batch sizes.
      if (c.batch === 2) {
        values.set(
          `${i}.contextMask`,
          Float64Array.from({ length: CONTEXT * outputs }, (_, k) => (k % 3 === 1 ? 0 : 1)),
        );
      }
      if (c.contextUse[i] !== "add" || i === 1) add(`${i}.contextBias`, outputs, 1);
    }
    if (c.drops && (c.adds.length === 0 ? i + 2 < c.widths.length && !c.raw.includes(i + 1) : c.adds.includes(i + 1))) {
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
    const [weight, bias, mask] = ["weight", "bias", "mask"].map((part) => values.get(`${i}.${part}`));
    const [contextWeight, contextBias, contextMask] = ["contextWeight", "contextBias", "contextMask"].map((part) =>
      values.get(`${i}.${part}`),
    );
    const use = contextWeight && c.contextUse[i];
    const context = values.get("context");
    const y = new Float64Array(c.batch * outputs);
    for (let r = 0; r < c.batch; r++) {
      for (let j = 0; j < outputs; j++) {
        let sum = bias?.[j] ?? 0;
        for (let k = 0; k < inputs; k++) {
          const at = k * outputs + j;
          sum += (h[r * inputs + k] as number) * (weight?.[at] as number) * (mask?.[at] ?? 1);
        }
        let given = contextBias?.[j] ?? 0;
        for (let k = 0; k < CONTEXT && contextWeight; k++) {
          const row = c.contextRows === 1 ? 0 : r;
          const at = k * outputs + j;
          given += (context?.[row * CONTEXT + k] as number) * (contextWeight[at] as number) * (contextMask?.[at] ?? 1);
        }
        if (use === "activate") given = acts[c.activation](given);
        y[r * outputs + j] = use === "gate" ? sum / (1 + Math.exp(-given)) : sum + given;
      }
    }
    return y;
  };
  const act = (h: Float64Array, layer: number): Float64Array => {
    const dropout = values.get(`${layer}.dropout`);
    if (c.raw.includes(layer + 1)) return h;
    return h.map((z, k) => acts[c.activation](z) * (dropout?.[k] ?? 1));
  };
  const count = c.widths.length - 1;
  let h = linear(values.get("x") as Float64Array, 0);
  for (let i = 1; i < count; i++) {
    if (c.adds.includes(i + 1)) {
      const block = linear(act(linear(act(h, i - 1), i), i), i + 1);
      h = h.map((value, k) => value + (block[k] as number));
      i++;
    } else {
      h = linear(act(h, i - 1), i);
    }
  }
  return h;
}

for (const name of KERNEL_BUILDS) {
  describe(name, () => {
    test("a network and its gradients agree with its definition and with finite differences in float64", () => {
      const bench = new Bench(name);
      // Every fifth case has all pairs of a form and an activation.
      for (const c of DEEP ? cases : cases.filter((_, i) => i % 5 === 0)) {
        const values = valuesOf(c);
        const array = (key: string): Float32Array | undefined => bench.optional(values.get(key));
        const layers: ArrayLayer[] = c.widths.slice(1).map((outputs, i) => ({
          inputs: c.widths[i] as number,
          outputs,
          weight: array(`${i}.weight`) as Float32Array,
          bias: array(`${i}.bias`),
          mask: array(`${i}.mask`),
          contextWeight: array(`${i}.contextWeight`),
          contextMask: array(`${i}.contextMask`),
          contextBias: array(`${i}.contextBias`),
          contextUse: c.contextUse[i],
          adds: c.adds.includes(i),
          raw: c.raw.includes(i),
          dropout: array(`${i}.dropout`),
        }));
        const network = { layers, activation: c.activation };
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
          layers: layers.map(({ weight, bias, contextWeight, contextBias }) => ({
            weight: bench.array(weight.length),
            bias: like(bias),
            contextWeight: like(contextWeight),
            contextBias: like(contextBias),
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
