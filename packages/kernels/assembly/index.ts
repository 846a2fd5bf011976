export { activate, activateGradient } from "./activation";
export { adamStep, squaredNorm } from "./adam";
export { linearForward, linearInputGradient, linearWeightGradient } from "./linear";
export { normals } from "./normals";
export { splineForward, splineGradient } from "./spline";
