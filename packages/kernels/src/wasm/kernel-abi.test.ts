import { readFileSync } from "node:fs";
import type { AffineSettings, SplineSettings } from "@pushforward/core/extend";
import { beforeEach, describe, expect, test } from "vitest";
import { WASM_BUILDS } from "../../../testing/test/deep.ts";
import { ownAffine, ownSpline } from "../../test/forms.ts";
import { parameterTypes } from "../../test/module-types.ts";
import type { WasmKernels } from "../families/kernels.ts";
import type { KernelExports } from "../generated/kernel-abi.ts";
import type { Address, Flag } from "./addresses.ts";
import { callsOf, kernelModule } from "./wasm-kernels.ts";

/** By function: the names and types of its parameters, in order. */
type Signatures = Readonly<Record<string, readonly (readonly [name: string, type: string])[]>>;

/** The table that is made of the sources. */
function table(): Signatures {
  const text = readFileSync(new URL("../generated/kernel-abi.ts", import.meta.url), "utf8");
  return Object.fromEntries(
    [...text.matchAll(/(\w+): \[([^\]]*)\];/g)].map(([, name, list]) => [
      name as string,
      [...(list as string).matchAll(/(\w+): (\w+)/g)].map(([, label, type]) => [label as string, type as string]),
    ]),
  );
}

const signatures = table();

test("the modules have the functions of the table", () => {
  const types: Readonly<Record<string, string>> = {
    Address: "i32",
    Integer: "i32",
    Single: "f32",
    Double: "f64",
    Flag: "i32",
  };
  expect(Object.keys(signatures).length).toBeGreaterThan(30);
  const expected = Object.entries(signatures).map(
    ([name, list]) => [name, list.map(([, type]) => types[type])] as const,
  );
  for (const build of WASM_BUILDS) {
    expect(Object.fromEntries(parameterTypes(kernelModule(build)))).toEqual(Object.fromEntries(expected));
  }
});

describe("each kernel passes what a parameter is named after", () => {
  const memory = new ArrayBuffer(1 << 20);
  let places: Record<string, number>;
  let calls: [name: string, values: readonly number[]][];
  const compared = new Set<string>();
  const kernels: WasmKernels = callsOf(
    Object.fromEntries(
      Object.keys(signatures).map((name) => [
        name,
        (...values: number[]): number => {
          calls.push([name, values]);
          return 0;
        },
      ]),
    ) as Partial<KernelExports> as KernelExports,
  );
  /** An array whose address is the value of the parameter of that name. */
  const array = (name: string, length = 4): Float32Array => {
    const at = 64 * (Object.keys(places).length + 1);
    places[name] = at;
    return new Float32Array(memory, at, length);
  };
  const integers = (name: string, length: number): Int32Array => {
    const { buffer, byteOffset } = array(name, length);
    return new Int32Array(buffer, byteOffset, length);
  };
  /** Each parameter has the value of its name: a number, or the address of the last array of that name. */
  const expectCalls = (numbers: Readonly<Record<string, number>>, ...names: string[]): void => {
    expect(calls.map(([name]) => name)).toEqual(names);
    for (const [name, values] of calls) {
      compared.add(name);
      const wanted = signatures[name]?.map(([parameter]) => [parameter, numbers[parameter] ?? places[parameter]]);
      expect(
        signatures[name]?.map(([parameter], i) => [parameter, values[i]]),
        name,
      ).toEqual(wanted);
    }
  };

  beforeEach(() => {
    places = {};
    calls = [];
  });

  const sizes = { batch: 3, inputs: 5, outputs: 7 };

  test.each([
    [false, false],
    [true, false],
    [false, true],
  ])("linear layers, accumulate %s, relu %s", (accumulate, relu) => {
    const flags = { accumulate: Number(accumulate), relu: Number(relu) };
    const layer = {
      weight: array("weight"),
      mask: array("mask"),
      ranges: integers("ranges", 4),
      bias: array("bias"),
    };
    const [x, y, scratch] = [array("x"), array("y"), array("scratch")];
    kernels.linearForward(x, layer, y, sizes, scratch, { accumulate, relu });
    const [dy, dx, gate] = [array("dy"), array("dx"), array("gate")];
    kernels.linearInputGradient(dy, layer, dx, sizes, scratch, { gate, accumulate });
    const [dWeight, dBias] = [array("dWeight"), array("dBias")];
    kernels.linearWeightGradient(x, dy, layer.mask, dWeight, dBias, sizes, scratch, layer.ranges);
    const part = { batch: 3, depth: 11, columns: 13, xStride: 17, weightStride: 19, yStride: 23 };
    kernels.linearPart(x, layer.weight, layer.bias, y, part, scratch, { accumulate, relu });
    expectCalls(
      { ...sizes, ...part, ...flags },
      "linearForward",
      "linearInputGradient",
      "linearWeightGradient",
      "linearPart",
    );
    calls = [];
    kernels.linearPart(
      x,
      layer.weight,
      layer.bias,
      y,
      { ...part, xStart: 1, weightStart: 2, biasStart: 3, yStart: 4 },
      scratch,
      { accumulate, relu },
    );
    for (const [i, name] of ["x", "weight", "bias", "y"].entries())
      places[name] = (places[name] as number) + 4 * (i + 1);
    expectCalls({ ...part, ...flags }, "linearPart");
  });

  test("activations and dropout", () => {
    const [z, h, saved, dh, dz] = [array("z"), array("h", 5), array("saved"), array("dh"), array("dz", 5)];
    kernels.activate(z, h, "elu");
    kernels.activateGradient(saved, dh, dz, "elu", true);
    expectCalls({ count: 5, kind: 2, accumulate: 1 }, "activate", "activateGradient");
    calls = [];
    kernels.dropoutMask(101, 102, 103, 0.25, array("out", 7), array("scratch"));
    expectCalls({ k0: 101, k1: 102, firstBlock: 103, limit: 2 ** 14, kept: 4 / 3, count: 7 }, "dropoutMask");
  });

  test.each([
    [false, "linear"],
    [true, "identity"],
  ] as const)("splines and affine maps, inverse %s", (inverse, tails) => {
    const [x, parameters, y, logDet] = [array("x", 6), array("parameters"), array("y"), array("logDet")];
    const [dValue, dLogDet] = [array("dValue"), array("dLogDet")];
    const [dx, dParameters] = [array("dx"), array("dParameters")];
    const [scratch, saved] = [array("scratch"), array("saved")];
    const numbers = { softmaxScale: 31, softmaxLimit: 32, minBin: 33, slopeLimit: 34, slopeOffset: 35, minSlope: 36 };
    const spline: SplineSettings = { ...ownSpline, ...numbers, bins: 4, bound: 5.5, tails, inverse };
    kernels.splineForward(x, parameters, y, logDet, spline, scratch, saved);
    kernels.splineGradient(x, parameters, dValue, dLogDet, dx, dParameters, { ...spline, stride: 40 }, scratch, saved);
    const [forward, gradient] = calls;
    const common = { ...numbers, count: 6, bins: 4, bound: 5.5, linear: Number(tails === "linear") };
    const flags = { inverse: Number(inverse) };
    calls = [forward as (typeof calls)[number]];
    expectCalls({ ...common, ...flags, apart: tails === "linear" ? 13 : 11 }, "splineForward");
    calls = [gradient as (typeof calls)[number]];
    expectCalls({ ...common, ...flags, apart: 40 }, "splineGradient");
    calls = [];
    const affine: AffineSettings = { ...ownAffine, scale: "sigmoid", limit: 51, offset: 52, least: 53, inverse };
    kernels.affineForward(x, parameters, y, logDet, affine);
    kernels.affineGradient(x, parameters, dValue, dLogDet, dx, dParameters, affine);
    expectCalls(
      { count: 6, apart: 2, map: 3, limit: 51, offset: 52, least: 53, ...flags },
      "affineForward",
      "affineGradient",
    );
  });

  test("mixtures", () => {
    const sizes = { components: 3, features: 5, given: 2 };
    const [x, scratch, shares] = [array("x"), array("scratch"), array("shares")];
    const factors = {
      whitening: array("whitening"),
      diagonal: array("diagonal"),
      offDiagonal: array("offDiagonal"),
    };
    const weights = array("weights");
    kernels.mixtureWeights(factors, weights, sizes, scratch);
    const [dWeights, dDiagonal, dOffDiagonal] = [array("dWeights"), array("dDiagonal"), array("dOffDiagonal")];
    kernels.mixtureWeightsGradient(factors, dWeights, dDiagonal, dOffDiagonal, sizes, scratch);
    const mixture = {
      mean: array("mean"),
      shift: array("shift"),
      weights,
      offsets: array("offsets"),
      gateOffsets: array("gateOffsets"),
    };
    kernels.mixtureForward(x, mixture, array("out", 9), shares, sizes, scratch);
    const gradients = {
      x: array("dx"),
      offsets: array("dOffsets"),
      gateOffsets: array("dGateOffsets"),
      shift: array("dShift"),
      weights: dWeights,
    };
    kernels.mixtureGradient(x, mixture, shares, array("d", 9), gradients, sizes, scratch);
    expectCalls(
      { components: 3, n: 5, given: 2, rows: 9 },
      "mixtureWeights",
      "mixtureWeightsGradient",
      "mixtureForward",
      "mixtureGradient",
    );
  });

  test("normals and their log-density", () => {
    const [x, out, d, dx, scratch] = [array("x", 12), array("out"), array("d", 4), array("dx"), array("scratch")];
    kernels.normalLogProb(x, out);
    kernels.normalLogProbGradient(x, d, dx);
    kernels.normals([7, 8], 9, out, scratch);
    const numbers = { rows: 4, size: 3, k0: 7, k1: 8, firstBlock: 9, count: 4 };
    expectCalls(numbers, "normalLogProb", "normalLogProbGradient", "normals");
  });

  test("columns", () => {
    const [from, columns] = [array("from", 12), integers("columns", 2)];
    kernels.gatherColumns(from, columns, array("to", 6));
    expectCalls({ width: 4, count: 2, rows: 3 }, "gatherColumns");
    calls = [];
    kernels.scatterColumns(from, columns, array("to", 12), 4, true);
    expectCalls({ width: 4, count: 2, rows: 3, accumulate: 1 }, "scatterColumns");
    calls = [];
    kernels.copyPart(from, array("to"), { rows: 3, columns: 5, fromStride: 6, toStride: 7 }, true);
    expectCalls({ rows: 3, columns: 5, fromStride: 6, toStride: 7, accumulate: 1 }, "copyPart");
    calls = [];
    const scratch = array("sums");
    kernels.sumColumns([from], array("to", 3), scratch);
    const [clear, ...rest] = calls;
    expect(clear).toEqual(["clear", [places["sums"], 6]]);
    calls = rest;
    expectCalls({ width: 4, rows: 3, count: 3 }, "addColumns", "roundSums");
  });

  test("rows", () => {
    kernels.spreadColumns(array("from", 3), array("to", 12));
    expectCalls({ width: 4, rows: 3 }, "spreadColumns");
    calls = [];
    kernels.sumRows(array("from", 12), array("to", 4));
    expectCalls({ width: 4, rows: 3 }, "sumRows");
    calls = [];
    const row = array("row", 4);
    kernels.repeatRow(row, array("to", 12));
    expectCalls({ width: 4, rows: 3 }, "repeatRow");
    calls = [];
    kernels.subtractRow(array("from", 12), row, array("to", 12));
    expectCalls({ width: 4, rows: 3 }, "subtractRow");
  });

  test("numbers one by one", () => {
    const [values, factors, to] = [array("values", 5), array("factors", 5), array("to", 5)];
    kernels.add(values, to);
    kernels.multiply(values, factors, to);
    kernels.clear(to);
    kernels.copy(array("from", 5), to);
    expect(kernels.squaredNorm(values)).toBe(0);
    expectCalls({ count: 5 }, "add", "multiply", "clear", "copy", "squaredNorm");
  });

  test("updates", () => {
    const [values, gradient] = [array("values", 5), array("gradient")];
    const [first, second, next] = [array("first"), array("second"), array("next")];
    const settings = {
      beta1: 61,
      beta2: 62,
      epsilon: 63,
      keep: 64,
      stepSize: 65,
      rootScale: 66,
      scale: 67,
      floor1: 68,
      floor2: 69,
    };
    expect(kernels.adamStep(values, gradient, first, second, next, settings)).toBe(false);
    const average = array("average");
    kernels.moveAverage(average, 2, values, 0.75);
    places["average"] = (places["average"] as number) + 8;
    expectCalls({ ...settings, count: 5, decay: 0.75 }, "adamStep", "moveAverage");
  });

  test.each([false, true])("sinh-arcsinh maps, inverse %s", (inverse) => {
    const map = { skewness: array("skewness", 3), logTailWeight: array("logTailWeight", 3), inverse };
    const [x, y, logSlopes, scratch] = [array("x", 12), array("y"), array("logSlopes"), array("scratch")];
    kernels.sinhArcsinhForward(x, map, y, logSlopes, scratch);
    const gradients = { x: array("dx"), skewness: array("dSkewness"), logTailWeight: array("dLogTailWeight") };
    kernels.sinhArcsinhGradient(x, y, map, array("dValue"), array("dLogSlopes"), gradients, scratch);
    expectCalls({ rows: 4, columns: 3, inverse: Number(inverse) }, "sinhArcsinhForward", "sinhArcsinhGradient");
  });

  test("maps of mixtures and of polynomials", () => {
    const [x, parameters, y, logDet] = [array("x", 6), array("parameters"), array("y"), array("logDet")];
    const [dValue, dLogDet, scratch] = [array("dValue"), array("dLogDet"), array("scratch")];
    const [dx, dParameters] = [array("dx"), array("dParameters")];
    const mixture = { components: 4, columns: 3, weights: "equal", limit: 31, spread: 32, epsilon: 33 } as const;
    kernels.gaussianizationForward(x, parameters, y, logDet, mixture, scratch);
    kernels.gaussianizationGradient(x, parameters, dValue, dLogDet, dx, dParameters, mixture, scratch);
    expectCalls(
      { count: 6, columns: 3, apart: 8, components: 4, learned: 0, limit: 31, spread: 32, epsilon: 33 },
      "gaussianizationForward",
      "gaussianizationGradient",
    );
    calls = [];
    const squares = {
      polynomials: 2,
      degree: 3,
      bound: 41,
      unit: 42,
      scale: 43,
      slope: 44,
      constants: "ones",
    } as const;
    kernels.sumOfSquaresForward(x, parameters, y, logDet, squares, scratch);
    kernels.sumOfSquaresGradient(x, parameters, dValue, dLogDet, dx, dParameters, squares, scratch);
    expectCalls(
      { count: 6, apart: 9, polynomials: 2, degree: 3, bound: 41, unit: 42, scale: 43, slope: 44, spread: 0 },
      "sumOfSquaresForward",
      "sumOfSquaresGradient",
    );
  });

  test("none is missing here", () => {
    expect([...compared].sort()).toEqual(Object.keys(signatures).sort());
  });
});

test("an address, a flag and a number do not stand for one another", () => {
  const calls: Pick<KernelExports, "activateGradient"> = { activateGradient: (...values) => values.length };
  const [address, one] = [64 as Address, 1 as Flag];
  expect([
    calls.activateGradient(address, address, address, 5, 2, one),
    // @ts-expect-error a number is no address
    calls.activateGradient(5, address, address, 5, 2, one),
    // @ts-expect-error an address is no flag
    calls.activateGradient(address, address, address, 5, 2, address),
    // @ts-expect-error a number is no flag
    calls.activateGradient(address, address, address, 5, one, 2),
    // @ts-expect-error one parameter is missing
    calls.activateGradient(address, address, address, 5, 2),
  ]).toEqual([6, 6, 6, 6, 5]);
});
