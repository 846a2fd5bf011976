export { activate, activateGradient } from "./activation";
export { adamStep, squaredNorm } from "./adam";
export { add } from "./add";
export { affineForward, affineGradient } from "./affine";
export { moveAverage } from "./average";
export { linearForward, linearInputGradient, linearPart, linearWeightGradient } from "./linear";
export { normalLogProb, normalLogProbGradient } from "./normal-log-prob";
export { normals } from "./normals";
export { splineForward, splineGradient } from "./spline";
