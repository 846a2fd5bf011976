export { activate, activateGradient } from "./activation";
export { adamStep, squaredNorm } from "./adam";
export { add } from "./add";
export { affineForward, affineGradient } from "./affine";
export { moveAverage } from "./average";
export { copyPart } from "./copy-part";
export {
  addColumns, clear, copy, gatherColumns, repeatRow, roundSums, scatterColumns, spreadColumns, subtractRow, sumRows,
} from "./columns";
export { dropoutMask } from "./dropout";
export { linearForward, linearInputGradient, linearPart, linearWeightGradient } from "./linear";
export { multiply } from "./multiply";
export { mixtureForward, mixtureGradient } from "./mixture";
export { mixtureWeights, mixtureWeightsGradient } from "./mixture-weights";
export { normalLogProb, normalLogProbGradient } from "./normal-log-prob";
export { normals } from "./normals";
export { sinhArcsinhForward, sinhArcsinhGradient } from "./sinh-arcsinh";
export { splineForward, splineGradient } from "./spline";
