export { type CheckpointData, decodeCheckpoint, encodeCheckpoint } from "./checkpoint-file.ts";
export { describeModel } from "./describe-model.ts";
export {
  type DecodedModel,
  type DecodeModelOptions,
  decodeModel,
  type EncodeModelOptions,
  encodeModel,
  type ModelFileLimits,
  readModel,
} from "./model-file.ts";
export type { LazyRegistry } from "./registry.ts";
