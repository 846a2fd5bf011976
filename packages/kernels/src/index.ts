export type { Activation } from "./activation.ts";
export type { AdamSettings, Kernels, LinearFinish, LinearLayer, LinearSizes, SplineSettings } from "./kernels.ts";
export { linearScratchSize, NORMALS_SCRATCH_SIZE, splineScratchSize } from "./kernels.ts";
export type { Network, NetworkGradients, NetworkInput, NetworkLayer, NetworkWorkspace } from "./network.ts";
export { networkBackward, networkForward, networkWorkspace } from "./network.ts";
export { scalarKernels } from "./scalar-kernels.ts";
