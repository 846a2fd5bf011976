import { splineSavedSize, splineScratchSize, sumOfSquaresScratchSize } from "../families/maps.ts";
import { gaussianizationScratchSize, sinhArcsinhScratchSize } from "../families/normals.ts";
import { scalarSoftplus } from "../scalar/functions.ts";
import type { StepKind } from "./step-kind.ts";

/** The op `affine`: inputs value and parameters, outputs value and log-slopes. */
export const affineKind: StepKind<"affine"> = {
  isFixed: () => true,
  bind: ({ kernels, settings, input, output, dOutput, dInput, scratch }) => {
    const [x, parameters] = input;
    const [y, logDet] = output;
    return {
      forward: () => kernels.affineForward(x, parameters, y, logDet, settings),
      backward: () => {
        const [dx, dRaw] = gradientTargets(dInput, input, scratch);
        const [dValue, dLogDet] = dOutput;
        kernels.affineGradient(x, parameters, dValue, dLogDet, dx, dRaw, settings);
      },
    };
  },
  memory: ({ rows, inputs }) => ({ saved: 0, scratch: rows * sum(inputs) }),
};

/** The op `rationalQuadraticSpline`, with the same inputs and outputs. */
export const rationalQuadraticSplineKind: StepKind<"rationalQuadraticSpline"> = {
  isFixed: () => true,
  memory: ({ rows, inputs, settings, isTraining }) => {
    const bins = settings.bins;
    const saved = isTraining ? splineSavedSize(rows * (inputs[0] as number), bins) : 0;
    return { saved, scratch: rows * sum(inputs) + splineScratchSize(bins) };
  },
  bind: ({ kernels, settings, isTraining, input, output, dOutput, dInput, saved, scratch }) => {
    const [x, parameters] = input;
    const [y, logDet] = output;
    const found = isTraining ? saved : undefined;
    const work = scratch.subarray(x.length + parameters.length);
    return {
      forward: () => kernels.splineForward(x, parameters, y, logDet, settings, work, found),
      backward: () => {
        const [dx, dRaw] = gradientTargets(dInput, input, scratch);
        const [dValue, dLogDet] = dOutput;
        kernels.splineGradient(x, parameters, dValue, dLogDet, dx, dRaw, settings, work, found);
      },
    };
  },
};

/** `value ± shift`. */
export const shiftKind: StepKind<"shift"> = {
  bind: ({ settings, input, output, dOutput, dInput }) => {
    const [x, shift] = input;
    const y = output[0];
    const sign = settings.inverse ? -1 : 1;
    return {
      forward: () => {
        for (let i = 0; i < y.length; i++) y[i] = (x[i] as number) + sign * (shift[i] as number);
      },
      backward: () => {
        const dy = dOutput[0];
        dInput[0]?.set(dy);
        const dShift = dInput[1];
        if (dShift === undefined) return;
        for (let i = 0; i < dy.length; i++) dShift[i] = sign * (dy[i] as number);
      },
    };
  },
};

/** `x·scale + shift` in float64 with a learned scale, or its inverse, and its log-det. */
export const learnedScaleKind: StepKind<"learnedScale"> = {
  bind: (call) => {
    const { rows, settings, input, output, parameters, dOutput, dInput, dParameters } = call;
    const [x] = input;
    const [y, logDet] = output;
    const [raw, shift] = parameters;
    const { scale: how, inverse } = settings;
    const columns = raw.length;
    const scales = new Float64Array(columns);
    return {
      forward: () => {
        let total = 0;
        for (let j = 0; j < columns; j++) {
          const scale =
            how === "exp" ? Math.exp(raw[j] as number) : scalarSoftplus((raw[j] as number) + how.offset) + how.smallest;
          scales[j] = scale;
          total += Math.log(scale);
        }
        mapRows(x, y, columns, scales, shift, inverse);
        logDet.fill(inverse ? -total : total);
      },
      backward: () => {
        const [dy, dLogDet] = dOutput;
        const [dRaw, dShift] = dParameters;
        const [dx] = dInput;
        let ofLogDet = 0;
        for (let r = 0; r < rows; r++) ofLogDet += dLogDet[r] as number;
        for (let j = 0; j < columns; j++) {
          const scale = scales[j] as number;
          const gain = inverse ? 1 / scale : scale;
          let [ofScale, ofShift] = [0, 0];
          for (let i = j; i < x.length; i += columns) {
            const d = dy[i] as number;
            // The side of the map that is multiplied by the scale.
            const u = inverse ? (y[i] as number) : (x[i] as number);
            ofScale += d * u;
            ofShift += d;
            if (dx !== undefined) dx[i] = d * gain;
          }
          const slope = (inverse ? -1 : 1) * ((inverse ? ofScale / scale : ofScale) + ofLogDet / scale);
          if (dRaw !== undefined) {
            dRaw[j] = how === "exp" ? slope * scale : slope / (1 + Math.exp(-(raw[j] as number) - how.offset));
          }
          if (dShift !== undefined) dShift[j] = inverse ? -ofShift / scale : ofShift;
        }
      },
    };
  },
};

/** `x·scale + shift` in float64 with given numbers, or its inverse, and its log-det. */
export const constantScaleKind: StepKind<"constantScale"> = {
  bind: ({ settings, input, output, dOutput, dInput }) => {
    const [x] = input;
    const [y, logDet] = output;
    const { inverse } = settings;
    const scales = Float64Array.from(settings.scale);
    const shift = Float64Array.from(settings.shift);
    const total = scales.reduce((all, scale) => all + Math.log(Math.abs(scale)), 0);
    return {
      forward: () => {
        mapRows(x, y, scales.length, scales, shift, inverse);
        logDet.fill(inverse ? -total : total);
      },
      backward: () => {
        const dx = dInput[0];
        const dy = dOutput[0];
        if (dx === undefined) return;
        for (let i = 0; i < dx.length; i++) {
          const scale = scales[i % scales.length] as number;
          dx[i] = inverse ? (dy[i] as number) / scale : (dy[i] as number) * scale;
        }
      },
    };
  },
};

function mapRows(
  x: Float32Array,
  y: Float32Array,
  columns: number,
  scales: Float64Array,
  shift: Float32Array | Float64Array,
  inverse: boolean,
): void {
  for (let j = 0; j < columns; j++) {
    const scale = scales[j] as number;
    const offset = shift[j] as number;
    if (inverse) for (let i = j; i < x.length; i += columns) y[i] = ((x[i] as number) - offset) / scale;
    else for (let i = j; i < x.length; i += columns) y[i] = (x[i] as number) * scale + offset;
  }
}

/** Targets for the gradients of value and parameters; scratch for gradients that are not needed. */
function gradientTargets(
  dInput: readonly [Float32Array | undefined, Float32Array | undefined],
  [x, parameters]: readonly [Float32Array, Float32Array],
  scratch: Float32Array,
): [Float32Array, Float32Array] {
  return [
    dInput[0] ?? scratch.subarray(0, x.length),
    dInput[1] ?? scratch.subarray(x.length, x.length + parameters.length),
  ];
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a + b, 0);
}

/** Number of parameters of the affine map, which precede the spline parameters. */
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

/** The op `gaussianization`: inputs value and parameters, outputs value and log-slopes. */
export const gaussianizationKind: StepKind<"gaussianization"> = {
  isFixed: () => true,
  memory: ({ rows, inputs, settings }) => ({
    saved: 0,
    scratch: rows * (inputs[0] + inputs[1]) + gaussianizationScratchSize(settings.components),
  }),
  bind: ({ kernels, settings, inputs, input, output, dOutput, dInput, scratch }) => {
    const [x, parameters] = input;
    const [y, logDet] = output;
    const map = { ...settings, columns: inputs[0] };
    const work = scratch.subarray(x.length + parameters.length);
    return {
      forward: () => kernels.gaussianizationForward(x, parameters, y, logDet, map, work),
      backward: () => {
        const [dx, dRaw] = gradientTargets(dInput, input, scratch);
        kernels.gaussianizationGradient(x, parameters, ...dOutput, dx, dRaw, map, work);
      },
    };
  },
};

/** The op `sumOfSquares`: inputs value and parameters, outputs value and log-slopes. */
export const sumOfSquaresKind: StepKind<"sumOfSquares"> = {
  isFixed: () => true,
  memory: ({ rows, inputs, settings }) => ({
    saved: 0,
    scratch: rows * (inputs[0] + inputs[1]) + sumOfSquaresScratchSize(settings),
  }),
  bind: ({ kernels, settings, input, output, dOutput, dInput, scratch }) => {
    const [x, parameters] = input;
    const [y, logDet] = output;
    const work = scratch.subarray(x.length + parameters.length);
    return {
      forward: () => kernels.sumOfSquaresForward(x, parameters, y, logDet, settings, work),
      backward: () => {
        const [dx, dRaw] = gradientTargets(dInput, input, scratch);
        kernels.sumOfSquaresGradient(x, parameters, ...dOutput, dx, dRaw, settings, work);
      },
    };
  },
};

/** The op `sinhArcsinh`: a skewness and a tail weight for each column, outputs value and log-slopes. */
export const sinhArcsinhKind: StepKind<"sinhArcsinh"> = {
  isFixed: () => true,
  memory: ({ inputs }) => ({ saved: 0, scratch: sinhArcsinhScratchSize(inputs[0]) }),
  bind: ({ kernels, settings, input, output, parameters, dOutput, dInput, dParameters, scratch }) => {
    const [x] = input;
    const [y, logSlopes] = output;
    const map = { skewness: parameters[0], logTailWeight: parameters[1], inverse: settings.inverse };
    const gradients = { x: dInput[0], skewness: dParameters[0], logTailWeight: dParameters[1] };
    return {
      forward: () => kernels.sinhArcsinhForward(x, map, y, logSlopes, scratch),
      backward: () => kernels.sinhArcsinhGradient(x, y, map, dOutput[0], dOutput[1], gradients, scratch),
    };
  },
};
