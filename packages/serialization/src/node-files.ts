import { OptionError, type Registry } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { type CheckpointData, decodeCheckpoint, encodeCheckpoint } from "./checkpoint-file.ts";
import { type LoadOptions, loadFile } from "./load-bytes.ts";
import {
  type DecodedModel,
  type DecodeModelOptions,
  type EncodeModelOptions,
  encodeModel,
  readModel,
} from "./model-file.ts";
import type { SafetensorsLimits } from "./safetensors.ts";
import { saveBytes } from "./save-bytes.ts";

/** Options of {@link loadModel}. */
export interface LoadModelOptions<T extends object> extends DecodeModelOptions<T>, LoadOptions {}

/** Options of {@link loadCheckpoint}. */
export interface LoadCheckpointOptions extends LoadOptions {
  readonly limits?: SafetensorsLimits;
}

/**
 * Saves a model to a file, atomically: after a crash at any moment, either the old file or the new one is complete. It
 * saves the values at the time of the call.
 *
 * @throws {SaveError} the file can't be written; an existing file is untouched.
 * @throws {OptionError} the extension of the path is neither `.safetensors` nor `.st`, or `encodeModel` can't encode
 * the model.
 * @example
 * await saveModel("flow.safetensors", flow, standardRegistry, { metadata: { columns: ["x", "y"] } });
 */
export async function saveModel(
  path: string,
  model: object,
  registry: Registry,
  options: EncodeModelOptions = {},
): Promise<void> {
  checkOptions("saveModel", options, { metadata: true, companions: true });
  if (!/\.(safetensors|st)$/i.test(path)) {
    throw new OptionError(`saveModel: expected a path that ends in .safetensors or .st, got ${JSON.stringify(path)}.`);
  }
  await saveBytes(path, encodeModel(model, registry, options));
}

/**
 * Loads a model from a file, which is untrusted, and the codecs that it needs, as {@link readModel} does. The caller owns
 * the model.
 *
 * @throws {ModelFileError} the file is missing, too large, damaged, hostile, of an unknown version or of unknown types;
 * the message names the file.
 * @example
 * await saveModel("flow.safetensors", flow, standardRegistry);
 * const { model } = await loadModel("flow.safetensors", standardRegistry, { is: isDistribution });
 * model.logProb([[0.5, -1]]);
 */
export function loadModel<T extends object = object>(
  path: string,
  registry: Registry,
  options: LoadModelOptions<T> = {},
): Promise<DecodedModel<T>> {
  checkOptions("loadModel", options, { limits: true, is: true, maxFileBytes: true });
  return loadFile(path, options, (bytes) => readModel<T>(bytes, registry, options));
}

/**
 * Saves a checkpoint atomically, as {@link saveModel} saves a model.
 *
 * @example
 * await train(flow, { x }, {
 *   key,
 *   maxEpochs: 2,
 *   checkpoint: { every: { epochs: 1 }, save: (state) => saveCheckpoint("fit.checkpoint", state) },
 * });
 */
export async function saveCheckpoint(path: string, checkpoint: CheckpointData): Promise<void> {
  await saveBytes(path, encodeCheckpoint(checkpoint));
}

/**
 * Loads a checkpoint.
 *
 * @throws {ModelFileError} as {@link loadModel}.
 * @example
 * await saveCheckpoint("work.checkpoint", { meta: { done: 12 }, arrays: new Map([["sums", Float64Array.of(1, 2)]]) });
 * const { meta, arrays } = await loadCheckpoint("work.checkpoint");
 * arrays.get("sums"); // → [1, 2]
 */
export function loadCheckpoint(path: string, options: LoadCheckpointOptions = {}): Promise<CheckpointData> {
  checkOptions("loadCheckpoint", options, { maxFileBytes: true, limits: true });
  return loadFile(path, options, (bytes) => decodeCheckpoint(bytes, options.limits));
}
