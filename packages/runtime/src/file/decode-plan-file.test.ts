import { useBackend } from "@pushforward/backend";
import { createKey, type Json, ModelFileError } from "@pushforward/core";
import { GaussianMixture, Mixture, MultivariateStudentT } from "@pushforward/distributions";
import { iaf, maf, nsf, realNvp } from "@pushforward/flows";
import { compileModel } from "@pushforward/flows/compile";
import { readSafetensors } from "@pushforward/serialization/extend";
import { type SafetensorsTensor, sealContainer } from "@pushforward/serialization/file-parts";
import { beforeAll, describe, expect, test } from "vitest";
import { openCompiled, scalarEngine } from "../index.ts";
import { wasmEngine } from "../wasm.ts";
import { PLAN_FILE } from "./plan-file.ts";

const key = createKey(4);

/** What stands in a changed file; undefined leaves the place out. */
const VALUES = [undefined, -1, 0, 1, 1.5, 5, 1e9, "Infinity", "x", null, []] as const;

const models = {
  nsf: () => nsf({ features: 2, transforms: 1, hidden: [4], bins: 3, residual: true, dropout: 0.1, key }),
  "maf, sampled rank by rank": () => maf({ features: 3, context: 2, transforms: 1, hidden: [4], key }),
  "iaf over a mixture": () => {
    const t = new MultivariateStudentT({ degreesOfFreedom: 3, features: 2 });
    const normals = new GaussianMixture({
      means: [
        [0, 1],
        [1, 0],
      ],
      learnable: true,
    });
    return iaf({ features: 2, transforms: 1, hidden: [4], base: new Mixture({ components: [t, normals] }), key });
  },
  realNvp: () => realNvp({ features: 3, transforms: 1, hidden: [4], key }),
} as const;

/** A file with other metadata or tensors, and a digest that fits. */
function reseal(
  bytes: Uint8Array,
  change: (fields: Record<string, string>, tensors: Map<string, SafetensorsTensor>) => void,
) {
  const { metadata, tensors } = readSafetensors(bytes);
  const { format: _, formatVersion: __, sha256: ___, ...fields } = metadata;
  const changed = new Map(tensors);
  change(fields, changed);
  return sealContainer(PLAN_FILE, fields, changed);
}

/** Ways to every number, text and list of some JSON. */
function* waysInto(json: Json, way: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (way.length > 0) yield way;
  if (typeof json !== "object" || json === null) return;
  for (const [name, value] of Object.entries(json)) {
    yield* waysInto(value as Json, [...way, Array.isArray(json) ? Number(name) : name]);
  }
}

function withValue(json: Json, [first, ...rest]: readonly (string | number)[], value: Json | undefined): Json {
  const copy = structuredClone(json) as Record<string | number, Json>;
  if (rest.length > 0) copy[first as string] = withValue(copy[first as string] as Json, rest, value);
  else if (value === undefined && Array.isArray(copy)) copy.splice(first as number, 1);
  else if (value === undefined) delete copy[first as string];
  else copy[first as string] = value;
  return copy as Json;
}

describe("a file is untrusted", () => {
  beforeAll(() => useBackend("cpu"));

  for (const [name, make] of Object.entries(models)) {
    test(`${name}: whatever is changed in its plans, it is refused or runs`, () => {
      const bytes = compileModel(make());
      const { metadata } = readSafetensors(bytes);
      const engine = wasmEngine(["simd"]);
      let [refused, ran, turn] = [0, 0, 0];
      for (const field of ["plans", "parameters", "table"]) {
        const json = JSON.parse(metadata[field] as string) as Json;
        for (const way of waysInto(json)) {
          // Each place gets some of the values; neighbors get others.
          const start = turn++ % VALUES.length;
          for (const value of [...VALUES, ...VALUES].slice(start, start + 1)) {
            const changed = withValue(json, way, value as Json | undefined);
            const file = reseal(bytes, (fields) => {
              fields[field] = JSON.stringify(changed);
            });
            try {
              const model = openCompiled(file, { engine });
              const context = model.contextSize === 0 ? undefined : new Float64Array(3 * model.contextSize);
              expect(model.logProb(new Float64Array(3 * model.features), context)).toHaveLength(3);
              if (model.canSample) expect(model.sample(key, 3, context)).toHaveLength(3 * model.features);
              ran++;
            } catch (error) {
              if (!(error instanceof ModelFileError))
                throw new Error(`${field} ${way.join(".")} = ${JSON.stringify(value)}`, { cause: error });
              refused++;
            }
          }
        }
      }
      expect(refused).toBeGreaterThan(100);
      expect(ran).toBeGreaterThan(10);
    });
  }

  test("tensors must be those of the plans", () => {
    const bytes = compileModel(models.nsf());
    const open = (change: Parameters<typeof reseal>[1]) => () =>
      openCompiled(reseal(bytes, change), { engine: scalarEngine });
    const [name] = readSafetensors(bytes).tensors.keys() as unknown as [string];
    expect(open(() => {})).not.toThrow();
    expect(open((_, tensors) => tensors.delete(name))).toThrow(/expected a tensor of F32 or U8/);
    const other = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
    expect(open((_, tensors) => tensors.set("other", other))).toThrow(/one parameter for each tensor/);
    expect(open((_, tensors) => tensors.set(name, other))).toThrow(ModelFileError);
  });

  test("damage, and files of another kind", () => {
    const bytes = compileModel(models.nsf());
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ 4;
      expect(() => openCompiled(damaged, { engine: scalarEngine })).toThrow(ModelFileError);
    }
    expect(() => openCompiled(new Uint8Array(3), { engine: scalarEngine })).toThrow(ModelFileError);
  });
});
