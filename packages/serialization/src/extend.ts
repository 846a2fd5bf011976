export type { LazyCodecs } from "./codec-group.ts";
export { checkNode, createLazyRegistry, createRegistry, type TreeLimits } from "./registry.ts";
export {
  readSafetensors,
  type SafetensorsData,
  type SafetensorsDtype,
  type SafetensorsFile,
  type SafetensorsLimits,
  type SafetensorsTensor,
  writeSafetensors,
} from "./safetensors.ts";
