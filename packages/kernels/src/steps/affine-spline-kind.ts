import { splineSavedSize, splineScratchSize } from "../families/spline.ts";
import { gradientTargets } from "./elementwise-kinds.ts";
import type { StepKind } from "./step-kind.ts";

/** Parameters of the affine map in front of those of the spline. */
const AFFINE_SIZE = 2;

/**
 * The op `affineSpline`, an affine map and then a spline with linear tails: inputs value and parameters, outputs value and
 * log-slopes. Both kernels read their parameters, and write the gradients of these, where they are, one row after the
 * other.
 */
export const affineSplineKind: StepKind<"affineSpline"> = {
  memory: ({ rows, inputs, settings, isTraining }) => {
    const [columns, parameters] = inputs;
    const bins = settings.bins;
    const count = rows * columns;
    // The number between the two maps is kept; the backward pass needs room for its gradient, the forward pass for the
    // log-slopes of one map, and both for gradients that nobody wants.
    const saved = isTraining ? count + splineSavedSize(count, bins) : 0;
    return { saved, scratch: splineScratchSize(bins) + 2 * count + rows * (columns + parameters) };
  },
  bind: ({ kernels, settings, isTraining, input, output, dOutput, dInput, saved, scratch }) => {
    const [x, parameters] = input;
    const [value, logDet] = output;
    const { bins, bound, inverse } = settings;
    const count = x.length;
    const stride = 3 * bins + 3;
    const affine = { ...settings.affine, inverse, stride };
    const spline = { ...settings.spline, bins, bound, tails: "linear", inverse, stride } as const;
    const size = splineScratchSize(bins);
    const work = scratch.subarray(0, size);
    const part = (index: number): Float32Array => scratch.subarray(size + index * count, size + (index + 1) * count);
    const [free, partLogDet] = [part(0), part(1)];
    const between = isTraining ? saved.subarray(0, count) : free;
    const found = isTraining ? saved.subarray(count) : undefined;
    const [dx, dParameters] = gradientTargets(dInput, input, scratch.subarray(size + 2 * count));
    const ofSpline = parameters.subarray(AFFINE_SIZE);
    const dOfSpline = dParameters.subarray(AFFINE_SIZE);
    return {
      forward: () => {
        if (inverse) {
          kernels.splineForward(x, ofSpline, between, logDet, spline, work, found);
          kernels.affineForward(between, parameters, value, partLogDet, affine);
        } else {
          kernels.affineForward(x, parameters, between, partLogDet, affine);
          kernels.splineForward(between, ofSpline, value, logDet, spline, work, found);
        }
        kernels.add(partLogDet, logDet);
      },
      backward: () => {
        const [dValue, dLogDet] = dOutput;
        if (inverse) {
          kernels.affineGradient(between, parameters, dValue, dLogDet, free, dParameters, affine);
          kernels.splineGradient(x, ofSpline, free, dLogDet, dx, dOfSpline, spline, work, found);
        } else {
          kernels.splineGradient(between, ofSpline, dValue, dLogDet, free, dOfSpline, spline, work, found);
          kernels.affineGradient(x, parameters, free, dLogDet, dx, dParameters, affine);
        }
      },
    };
  },
};
