export { activate, activateGradient } from "./activation";
export { affineForward, affineGradient } from "./affine";
export { linearForward, linearInputGradient, linearWeightGradient } from "./linear";
export { normalLogProb, normalLogProbGradient } from "./normal-log-prob";
