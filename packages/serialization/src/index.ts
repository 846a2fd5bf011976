export type { Checkpoint } from "./checkpoint-file.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./checkpoint-file.ts";
export type { LazyCodecs } from "./codec-group.ts";
export { describeModel } from "./describe-model.ts";
export type { DecodedModel, DecodeModelOptions, EncodeModelOptions, ModelFileLimits } from "./model-file.ts";
export { decodeModel, encodeModel, readModel } from "./model-file.ts";
export type { LazyRegistry, TreeLimits } from "./registry.ts";
export { checkNode, createLazyRegistry, createRegistry } from "./registry.ts";
export type {
  SafetensorsData,
  SafetensorsDtype,
  SafetensorsFile,
  SafetensorsLimits,
  SafetensorsTensor,
} from "./safetensors.ts";
export { readSafetensors, writeSafetensors } from "./safetensors.ts";
