import { expect, test } from "vitest";
import {
  anomaliesCodecs,
  conditionersCodecs,
  distributionsCodecs,
  flowsCodecs,
  inferenceCodecs,
  loadArchitecture,
  tablesCodecs,
  transformsCodecs,
} from "./extend.ts";
import {
  architectureNames,
  architectures,
  createKey,
  encodeModel,
  lazyRegistry,
  readModel,
  standardRegistry,
  useBackend,
} from "./index.ts";
import { lazyCodecs } from "./lazy/lazy-codecs.ts";

const areSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

// In this order: nothing is loaded before the first rare architecture.
test("every architecture is encoded and read after its types are loaded, the common ones at once", async () => {
  await useBackend("cpu");
  for (const name of architectureNames) {
    await lazyRegistry.load(architectures[name].types ?? []);
    const create = await loadArchitecture(name);
    for (const context of [undefined, 1]) {
      const standardize = { mean: [0, 0], sd: [1, 2] };
      const options = { features: 2, transforms: 1, hidden: [4], key: createKey(1), standardize } as const;
      using flow = create({ ...options, context });
      const bytes = encodeModel(flow, lazyRegistry);
      expect(areSame(bytes, encodeModel(flow, standardRegistry)), name).toBe(true);
      const { model } = await readModel(bytes, lazyRegistry);
      expect(areSame(encodeModel(model, standardRegistry), bytes), name).toBe(true);
    }
  }
});

test("a line names each built-in type that is not common, and no other", async () => {
  const lazy = lazyCodecs.flatMap(({ types }) => types);
  const builtIn = [
    ...[...distributionsCodecs, ...transformsCodecs, ...conditionersCodecs, ...flowsCodecs],
    ...[...inferenceCodecs, ...tablesCodecs, ...anomaliesCodecs],
  ].map(({ type }) => type);
  // Those that it has at once, which a lazy line would be a second of.
  const common = builtIn.filter((type) => !lazy.includes(type));
  expect(lazy.filter((type) => !builtIn.includes(type))).toEqual([]);
  const probe = (type: string): string => {
    try {
      lazyRegistry.decode({ type, version: 1, config: {} });
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(common.filter((type) => /expected a known type/.test(probe(type)))).toEqual([]);
  expect(common.length).toBeLessThan(30);
  for (const group of lazyCodecs) await expect(lazyRegistry.load(group.types)).resolves.toBeUndefined();
});
