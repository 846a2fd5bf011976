import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { createKey, type Key, type Module, type Registry } from "@pushforward/core";
import { distributionsCodecs } from "@pushforward/distributions/extend";
import { flowsCodecs } from "@pushforward/flows/extend";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import { transformsCodecs } from "@pushforward/transforms/extend";
import { DEEP } from "../../testing/test/deep.ts";
import { tablesCodecs } from "../src/codecs.ts";
import type { FitTableDensityOptions } from "../src/density/fit/fit-table-density.ts";

/** The key of all cases. */
export const key: Key = createKey(20261127);

/** Registry of the possible parts of a table model. */
export const registry: Registry = createRegistry(
  ...conditionersCodecs,
  ...distributionsCodecs,
  ...transformsCodecs,
  ...flowsCodecs,
  ...tablesCodecs,
);

/** Options of small networks, which are trained in a moment, and learn too little to be judged by recalled numbers. */
export const small: FitTableDensityOptions = { key, hidden: [16], maxEpochs: DEEP ? 4 : 2, folds: 2, recall: false };

/** Makes copies of a model, which is trained once and disposed; each law disposes its own. */
export function copiesOf<T extends Module>(model: T): () => T {
  const file = encodeModel(model, registry);
  model.dispose();
  return () => decodeModel<T>(file, registry).model;
}
