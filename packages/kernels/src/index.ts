export type { Activation } from "./activation.ts";
export type { Kernels, LinearFinish, LinearLayer, LinearSizes } from "./kernels.ts";
export { linearScratchSize } from "./kernels.ts";
export type { Network, NetworkGradients, NetworkInput, NetworkLayer, NetworkWorkspace } from "./network.ts";
export { networkBackward, networkForward, networkWorkspace } from "./network.ts";
export { scalarKernels } from "./scalar-kernels.ts";
