import { readFileSync } from "node:fs";
import { readSafetensors } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { sealContainer } from "../../serialization/src/container.ts";
import { BACKENDS } from "../../testing/test/deep.ts";
import {
  affine,
  ConditionalFlow,
  createKey,
  decodeModel,
  encodeModel,
  Flow,
  fitAuto,
  LULinear,
  type Mixture,
  ModelFileError,
  rationalQuadratic,
  sampleRows,
  standardRegistry,
  useBackend,
} from "./index.ts";

interface OldFile {
  /** A model file, in base64, as version 1 of the codecs of families and networks wrote it. */
  readonly file: string;
  /** What the model that was written gives on `wasm`. */
  readonly logProb: readonly number[];
}

const url = new URL("../test/old-model-files.json", import.meta.url);
const files = JSON.parse(readFileSync(url, "utf8")) as Readonly<Record<string, OldFile>>;

const KIND = { name: "model file", format: "pushforward", fields: ["model", "metadata"] };
const ROWS = 5;

function rows(columns: number, value: (i: number) => number): tf.Tensor {
  const values = Float32Array.from({ length: ROWS * columns }, (_, i) => value(i));
  return tf.tensor2d(values, [ROWS, columns]);
}

/** Log-densities of rows that are the same for all files. */
function logProb(model: object): ArrayLike<number> {
  if (!(model instanceof Flow || model instanceof ConditionalFlow)) throw new Error("expected a flow");
  return tf.tidy(() => {
    const distribution =
      model instanceof Flow ? model : model.given(rows(model.contextShape[0] ?? 0, (i) => 1.2 * Math.cos(1.9 * i)));
    return distribution.logProb(rows(distribution.eventShape[0] ?? 0, (i) => 1.5 * Math.sin(2.3 * i + 0.5))).dataSync();
  });
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each(Object.entries(files))("%s: an old file gives the density of the model that was written", (_, old) => {
      const { model } = decodeModel(Buffer.from(old.file, "base64"), standardRegistry);
      const values = Array.from(logProb(model));
      if (backend === "wasm") expect(values).toEqual(old.logProb);
      for (const [i, value] of values.entries()) {
        expect(Math.abs(value - (old.logProb[i] as number))).toBeLessThan(2e-5);
      }
      if ("dispose" in model && typeof model.dispose === "function") model.dispose();
    });
  });
}

// The oldest files have the British name of the field.
test.each([
  [
    "pushforward/lu-linear",
    { features: 2, parameterisation: "nflows" },
    new LULinear({ features: 2, diagonal: { offset: 0, smallest: 1e-3 } }),
  ],
  [
    "pushforward/affine",
    { parameterisation: "zuko", slope: 1e-4 },
    affine({ form: { scale: "clip", limit: -Math.log(1e-4) } }),
  ],
  [
    "pushforward/rational-quadratic",
    { bins: 8, bound: 3, parameterisation: "nflows", softmaxScale: 0.5 },
    rationalQuadratic({ bound: 3, form: { softmaxScale: 0.5, slopeOffset: 0 } }),
  ],
  ["pushforward/affine", { parameterisation: "pushforward" }, affine()],
])("%s with the British name of a field is read, %#", (type, config, expected) => {
  const decoded = standardRegistry.decode({ type, version: 1, config });
  expect(standardRegistry.encode(decoded)).toEqual(standardRegistry.encode(expected));
});

test.each([
  ["pushforward/affine", { parameterization: "glow" }],
  ["pushforward/affine", { slope: 1e-3 }],
  ["pushforward/affine", { parameterization: "zuko" }],
  ["pushforward/affine", { parameterization: "zuko", slope: 0 }],
  ["pushforward/affine", { parameterization: "nflows", softmaxScale: 0.5 }],
  ["pushforward/rational-quadratic", { bins: 8, bound: 5, parameterization: "nflows", softmaxScale: -1 }],
  ["pushforward/rational-quadratic", { bins: 8, bound: 5, parameterization: "zuko", softmaxScale: 1, slope: 1e-3 }],
  ["pushforward/lu-linear", { features: 2, parameterization: "zuko" }],
  ["pushforward/residual-mlp", { inputSize: 1, convention: "pyro" }],
])("a damaged old config of %s is refused, %#", (type, config) => {
  expect(() => standardRegistry.decode({ type, version: 1, config })).toThrow(ModelFileError);
});

test("a defensive component of version 1 is scored as before, and not drawn from", async () => {
  const x = Array.from({ length: 60 }, (_, i) => [Math.sin(i), i % 7]);
  const { model } = await fitAuto({ x }, { key: createKey(0), members: [], defensiveWeight: 0.01 });
  const { tensors, metadata } = readSafetensors(encodeModel(model, standardRegistry));
  const tree = metadata["model"] as string;
  const old = tree.replace(/("type":"pushforward\/mixture","version":)2/, "$11").replace(/,"undrawn":\[\d+\]/, "");
  expect(old.length).toBeLessThan(tree.length);
  const file = sealContainer(KIND, { model: old, metadata: "{}" }, tensors);
  const loaded = decodeModel(file, standardRegistry).model as Flow;
  const mixture = loaded.base as Mixture;
  expect(mixture.undrawn).toEqual([mixture.components.length - 1]);
  expect(Array.from(logProb(loaded))).toEqual(Array.from(logProb(model)));
  expect(sampleRows(loaded, createKey(1), 100).data).toEqual(sampleRows(model as Flow, createKey(1), 100).data);
  for (const each of [model, loaded]) each.dispose();
});
