import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { useBackend } from "@pushforward/backend";
import type { BijectionFamily } from "@pushforward/core";
import { createRegistry, readSafetensors } from "@pushforward/serialization/extend";
import { affine, rationalQuadratic } from "@pushforward/transforms";
import { transformsCodecs } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, DEEP } from "../../../testing/test/deep.ts";
import { StateDict } from "../file/state-dict.ts";
import { writeNflows } from "../nflows/nflows.ts";
import { readNflows } from "../nflows/read-nflows.ts";
import { readZuko } from "../zuko/read-zuko.ts";
import { writeZuko } from "../zuko/zuko.ts";
import { zukoSettings } from "../zuko/zuko-families.ts";
import { buildFamily, describeFamily } from "./forms.ts";

type Numbers = readonly number[];

interface Results {
  readonly y: Numbers;
  readonly logDet: Numbers;
  readonly dx: Numbers;
}

/** `spread` is how far the library's own result moves when x moves by up to 4e-7 of the box. */
interface SplineResults extends Results {
  readonly dParameters: Numbers;
  readonly spread: Readonly<Record<"y" | "logDet" | "dx" | "dParameters", Numbers>>;
}

interface KnotResults {
  readonly x: Numbers;
  readonly y: Numbers;
  readonly logDet: Numbers;
  readonly spread: Readonly<Record<"y" | "logDet", Numbers>>;
}

interface SplineTable {
  readonly forward: SplineResults;
  readonly inverse: SplineResults;
  readonly knots: { readonly forward: KnotResults; readonly inverse: KnotResults };
}

type AffineResults = Results & { readonly dShift: readonly number[]; readonly dRaw: readonly number[] };

interface Table {
  readonly affine: Readonly<Record<"x" | "shift" | "raw", readonly number[]>> & Readonly<Record<string, AffineResults>>;
  readonly spline: {
    readonly bins: number;
    readonly bound: number;
    readonly rows: readonly (readonly number[])[];
    readonly x: readonly number[];
  } & Readonly<Record<string, SplineTable>>;
}

// The libraries themselves, in float64; the gradients are those of 0.75·Σ y + 1.25·Σ log-det.
const url = new URL("../../test/parameterizations.json", import.meta.url);
const table = JSON.parse(readFileSync(url, "utf8")) as Table;

const affines = {
  zuko: buildFamily({ kind: "affine", parameterization: "zuko", slope: 1e-3 }),
  "zuko 1e-4": buildFamily({ kind: "affine", parameterization: "zuko", slope: 1e-4 }),
  nflows: buildFamily({ kind: "affine", parameterization: "nflows" }),
  "nflows-coupling": buildFamily({ kind: "affine", parameterization: "nflows-coupling" }),
};

const { bins, bound, rows } = table.spline;
const zukoSpline = { kind: "spline", parameterization: "zuko", bins, bound } as const;
const nflowsSpline = { kind: "spline", parameterization: "nflows", bins, bound } as const;
const splines = {
  zuko: buildFamily({ ...zukoSpline, slope: 1e-3 }),
  "zuko 1e-4": buildFamily({ ...zukoSpline, slope: 1e-4 }),
  nflows: buildFamily({ ...nflowsSpline, softmaxScale: 1 }),
  "nflows, 1/√50": buildFamily({ ...nflowsSpline, softmaxScale: 1 / Math.sqrt(50) }),
};

function expectClose(actual: tf.Tensor, expected: readonly number[], tolerance: (i: number) => number, what: string) {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  const wrong = expected.flatMap((want, i) => {
    const error = Math.abs((values[i] as number) - want) / Math.max(1, Math.abs(want));
    return error < tolerance(i) ? [] : [`${what} ${i}: ${values[i]}, not ${want}`];
  });
  expect(wrong).toEqual([]);
}

/** Values and gradients of a family in one direction. */
function run(family: BijectionFamily, x: tf.Tensor, parameters: tf.Tensor, direction: "forward" | "inverse") {
  const map = (a: tf.Tensor, p: tf.Tensor): [tf.Tensor, tf.Tensor] => {
    const bijection = family.bind(p);
    return direction === "inverse" ? bijection.inverseAndLogDet(a) : bijection.forwardAndLogDet(a);
  };
  const loss = (a: tf.Tensor, p: tf.Tensor): tf.Tensor => {
    const [y, logDet] = map(a, p);
    return tf.add(tf.mul(tf.sum(y), 0.75), tf.mul(tf.sum(logDet), 1.25));
  };
  const [y, logDet] = map(x, parameters);
  const [dx, dParameters] = tf.grads(loss)([x, parameters]) as [tf.Tensor, tf.Tensor];
  return { y, logDet, dx, dParameters };
}

const names = ["PushforwardAffine", "PushforwardRationalQuadraticSpline"].flatMap((name) => [name, `${name}Grad`]);

for (const backend of BACKENDS) {
  for (const way of ["fused", "plain"] as const) {
    describe(`${backend}, ${way} kernels`, () => {
      let fused: tf.KernelConfig[] = [];
      beforeAll(async () => {
        await useBackend(backend);
        fused = names.map((name) => tf.getKernel(name, backend));
        if (way === "plain") for (const name of names) tf.unregisterKernel(name, backend);
      });
      afterAll(() => {
        if (way === "plain") for (const kernel of fused) tf.registerKernel(kernel);
      });

      for (const [name, family] of Object.entries(affines)) {
        test(`affine, ${name}: values, log-dets and gradients are the library's; the inverse inverts`, () => {
          tf.tidy(() => {
            const expected = table.affine[name] as AffineResults;
            const x = tf.tensor1d([...table.affine.x]);
            const parameters = tf.stack([tf.tensor1d([...table.affine.shift]), tf.tensor1d([...table.affine.raw])], -1);
            const { y, logDet, dx, dParameters } = run(family, x, parameters, "forward");
            // An exponent of 9 has an error of 5e-7.
            const close = () => 2e-6;
            expectClose(y, expected.y, close, "y");
            expectClose(logDet, expected.logDet, close, "log-det");
            expectClose(dx, expected.dx, close, "dx");
            const [dShift, dRaw] = tf.unstack(dParameters, -1) as [tf.Tensor, tf.Tensor];
            expectClose(dShift, expected.dShift, close, "dShift");
            expectClose(dRaw, expected.dRaw, close, "dRaw");
            const back = family.bind(parameters).inverseAndLogDet(y);
            // A rounding of y is as many of x as the scale is small.
            expectClose(
              back[0],
              table.affine.x,
              (i) => 2e-6 * (1 + Math.abs(expected.y[i] as number) * Math.exp(-(expected.logDet[i] as number))),
              "x",
            );
            expectClose(tf.neg(back[1]), expected.logDet, close, "inverse log-det");
          });
        });
      }

      for (const [name, family] of Object.entries(splines)) {
        for (const direction of ["forward", "inverse"] as const) {
          test(`rationalQuadratic, ${name}, ${direction}: the library's, also at knots and bounds`, () => {
            tf.tidy(() => {
              const count = table.spline.x.length;
              // Rows 2 and 3 are of ±50 and ±1000: too much for plain operations, which round each knot to float32.
              const used = way === "fused" ? rows : rows.slice(0, 2);
              const rounding = way === "fused" ? 2e-6 : 4e-5;
              const check = (actual: tf.Tensor, expected: Numbers, spread: Numbers, what: string): void => {
                const slack = way === "fused" ? 1 : 20;
                expectClose(
                  actual,
                  expected.slice(0, actual.size),
                  (i) => rounding + slack * (spread[i] as number),
                  what,
                );
              };
              const repeat = (times: number): tf.Tensor => {
                const each = tf.expandDims(tf.tensor2d(used.map((row) => [...row])), 1);
                return tf.reshape(tf.tile(each, [1, times, 1]), [-1, 3 * bins - 1]);
              };
              const expected = (table.spline[name] as SplineTable)[direction];
              const xs = used.flatMap(() => table.spline.x);
              const { y, logDet, dx, dParameters } = run(family, tf.tensor1d(xs), repeat(count), direction);
              check(y, expected.y, expected.spread.y, "y");
              check(logDet, expected.logDet, expected.spread.logDet, "log-det");
              // Just at the bounds the log-slope has two derivatives.
              const without = (values: Numbers): number[] =>
                values.map((v, i) => (Math.abs(xs[i] ?? 0) === bound ? 0 : v));
              check(tf.tensor1d(without([...dx.dataSync()])), without(expected.dx), expected.spread.dx, "dx");
              const sums = tf.sum(tf.reshape(dParameters, [used.length, count, -1]), 1);
              check(sums, expected.dParameters, expected.spread.dParameters, "parameters");
              const knots = (table.spline[name] as SplineTable).knots[direction];
              const atKnots = tf.tensor1d(knots.x.slice(0, used.length * (bins - 1)));
              const there = run(family, atKnots, repeat(bins - 1), direction);
              check(there.y, knots.y, knots.spread.y, "y at knots");
              check(there.logDet, knots.logDet, knots.spread.logDet, "log-det at knots");
            });
          });
        }
      }

      test("enormous parameters give finite values and gradients; NaN stays NaN", () => {
        tf.tidy(() => {
          for (const family of [...Object.values(affines), ...Object.values(splines)]) {
            const size = family.parameterCount;
            const x = tf.tensor1d([-2, 0.5, 2.75, Number.NaN, 1]);
            const raw = [50, -50, 1e3, 0, Number.NaN];
            const values = raw.flatMap((v, i) => Array.from({ length: size }, (_, k) => ((k + i) % 2 === 0 ? v : -v)));
            for (const direction of ["forward", "inverse"] as const) {
              const results = run(family, x, tf.tensor2d(values, [5, size]), direction);
              for (const [what, out] of Object.entries(results)) {
                const perRow = out.size / 5;
                const numbers = [...out.dataSync()];
                expect(numbers.slice(0, 3 * perRow).every(Number.isFinite), `${direction} ${what}`).toBe(true);
                // The log-scale of an affine map has nothing to do with x.
                const first = family.type === "pushforward/affine" && what !== "y" ? 3 + 1 : 3;
                if (what !== "dParameters") expect(numbers.slice(first).every(Number.isNaN), what).toBe(true);
              }
            }
          }
        });
      });
    });
  }
}

test("a family is what the library calls it, its slope to the last digit", () => {
  for (const slope of [1e-8, 1e-4, 0.001, 0.0123, 1 / 3, 0.999]) {
    const affine = { kind: "affine", parameterization: "zuko", slope } as const;
    expect(describeFamily(buildFamily(affine))).toEqual(affine);
    expect(describeFamily(buildFamily({ ...zukoSpline, slope }))).toEqual({ ...zukoSpline, slope });
  }
  for (const family of [
    { kind: "affine", parameterization: "nflows" },
    { kind: "affine", parameterization: "nflows-coupling" },
    { ...nflowsSpline, softmaxScale: 1 / Math.sqrt(50) },
  ] as const) {
    expect(describeFamily(buildFamily(family))).toEqual(family);
  }
  for (const own of [affine(), rationalQuadratic(), rationalQuadratic({ tails: "linear", form: { slopeOffset: 0 } })]) {
    expect(describeFamily(own)).toBeUndefined();
  }
});

test("a model file says the form, and nothing of our own", () => {
  const registry = createRegistry(...transformsCodecs);
  expect(registry.encode(affine({})).config).toEqual({});
  expect(registry.encode(affines.zuko).config).toEqual({
    form: { scale: "clip", limit: -Math.log(1e-3), offset: 0, least: 0 },
  });
  expect(registry.encode(affines["nflows-coupling"]).config).toEqual({
    form: { scale: "sigmoid", limit: 0, offset: 2, least: 1e-3 },
  });
  const slopes = { slopeLimit: 0, slopeOffset: 0, minSlope: 1e-3 };
  expect(registry.encode(splines["nflows, 1/√50"]).config).toEqual({
    bins,
    bound,
    form: { softmaxScale: 1 / Math.sqrt(50), softmaxLimit: 0, minBin: 1e-3, ...slopes },
  });
  for (const family of [...Object.values(affines), ...Object.values(splines)]) {
    expect(registry.decode({ ...registry.encode(family) })).toEqual(family);
  }
});

function load(name: string): Uint8Array {
  return readFileSync(new URL(`../../test/fixtures/${name}.safetensors`, import.meta.url));
}

/** Compares the tensors of two files. `isDeepStrictEqual` is faster than `toEqual` for large arrays. */
function expectSameTensors(got: Uint8Array, expected: Uint8Array): void {
  const [own, wanted] = [readSafetensors(got).tensors, readSafetensors(expected).tensors];
  expect([...own.keys()].sort()).toEqual([...wanted.keys()].sort());
  expect([...wanted.keys()].filter((name) => !isDeepStrictEqual(own.get(name), wanted.get(name)))).toEqual([]);
}

test.each([
  ["zuko_maf", {}],
  ["zuko_maf_randperm_uncond", {}],
  ["zuko_maf_residual", {}],
  ["zuko_nsf", { flow: "nsf" }],
  ...(DEEP ? ([["zuko_nsf_passes2", { flow: "nsf" }]] as const) : []),
  ["zuko_nice", {}],
  ["zuko_gmm", { features: 3 }],
] as const)("%s read and written is the same file", (name, options) => {
  const bytes = load(name);
  const state = new StateDict("test", bytes);
  const model = readZuko(state, zukoSettings("test", options, state.metadata));
  expectSameTensors(writeZuko("test", model, false), bytes);
});

test.each([
  ["nflows_seed_maf", {}],
  ["nflows_seed_nsf", { spline: "rational-quadratic" }],
  ...(DEEP ? ([["nflows_seed_nsf_uncond", { spline: "rational-quadratic" }]] as const) : []),
  ["nflows_sbi_maf", { activation: "tanh" }],
] as const)("%s read and written is the same file", (name, options) => {
  const bytes = load(name);
  const flow = readNflows(new StateDict("test", bytes), options);
  expectSameTensors(writeNflows("test", flow, ""), bytes);
});
