export type { Checkpoint } from "./checkpoint-file.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./checkpoint-file.ts";
export { describeModel } from "./describe-model.ts";
export type { DecodedModel, DecodeModelOptions, EncodeModelOptions, ModelFileLimits } from "./model-file.ts";
export { decodeModel, encodeModel } from "./model-file.ts";
export type { TreeLimits } from "./registry.ts";
export { checkNode, createRegistry } from "./registry.ts";
export type {
  SafetensorsData,
  SafetensorsDtype,
  SafetensorsFile,
  SafetensorsLimits,
  SafetensorsTensor,
} from "./safetensors.ts";
export { readSafetensors, writeSafetensors } from "./safetensors.ts";
