export type { ContainerKind } from "./container.ts";
export { fieldJson, openContainer, sealContainer } from "./container.ts";
export { formatJson } from "./json.ts";
export type { SafetensorsTensor } from "./safetensors.ts";
export { readTensor } from "./safetensors.ts";
