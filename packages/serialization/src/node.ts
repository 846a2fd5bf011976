export type { LoadOptions } from "./load-bytes.ts";
export type { LoadCheckpointOptions, LoadModelOptions } from "./node-files.ts";
export { loadCheckpoint, loadModel, saveCheckpoint, saveModel } from "./node-files.ts";
export { saveBytes } from "./save-bytes.ts";
