// The steps of plans that are mixtures of Gaussians.
import type { GaussianMixtureSettings } from "@pushforward/core/plain";
import { type MixtureArrays, mixtureScratchSize, mixtureSharesSize, mixtureWeightsSize } from "../families/mixture.ts";
import { BoundMixture, boundMixtureSize, type MixtureGroups } from "./bound-mixture.ts";
import type { StepCall, StepKind } from "./step-kind.ts";

type MixtureOperation = "gaussianMixture" | "gaussianMixturePerClass";

/**
 * The op `gaussianMixture`: input the value and, where some of its columns are features of the components, the context;
 * output the log-density. Parameters: logits, mean, whitening and, of a learnable one, logDiagonal, offDiagonal, shift.
 */
export const gaussianMixtureKind: StepKind<"gaussianMixture"> = {
  memory: ({ rows, settings, isTraining }) => {
    const { isLearnable, contextColumns } = settings;
    const sizes = sizesOf(settings);
    const joint = contextColumns.length > 0 ? rows * sizes.features : 0;
    const shares = isTraining ? mixtureSharesSize(sizes, rows) : 0;
    return {
      saved: boundMixtureSize(sizes, isLearnable, isTraining) + joint + shares,
      scratch: mixtureScratchSize(sizes) + (isTraining ? joint : 0),
    };
  },
  weights: triangleWeights,
  bind: (call) => {
    const { kernels, rows, settings, inputs, input, output, isTraining, dOutput, dInput, dParameters } = call;
    const { contextColumns } = settings;
    const sizes = sizesOf(settings);
    const { mixture, rest, scratch, work } = bindMixture(call, sizes);
    const [value, context] = input;
    const [width, contextWidth] = inputs;
    const out = output[0];
    const joint = context && rest.subarray(0, rows * sizes.features);
    const x = joint ?? value;
    const shares = isTraining
      ? rest.subarray(joint?.length ?? 0, (joint?.length ?? 0) + mixtureSharesSize(sizes, rows))
      : undefined;
    const part = { width, contextColumns, contextWidth: contextWidth ?? 0, rows };
    return {
      forward: () => {
        if (joint !== undefined && context !== undefined) join(context, value, joint, part);
        mixture.prepare();
        kernels.mixtureForward(x, mixture.arrays, out, shares, sizes, scratch);
      },
      backward: () => {
        const isTrained = dParameters.some((gradient) => gradient !== undefined);
        const isWanted = dInput.some((gradient) => gradient !== undefined);
        const dx = joint === undefined || !isWanted ? dInput[0] : work.subarray(0, joint.length);
        const { offsets, gateOffsets, shift, weights } = mixture.gradients;
        const gradients = { x: dx, offsets, gateOffsets, ...(isTrained ? { shift, weights } : {}) };
        const d = dOutput[0];
        kernels.mixtureGradient(x, mixture.arrays, shares as Float32Array, d, gradients, sizes, scratch);
        if (isTrained) mixture.finish(dParameters);
        if (joint !== undefined && dx !== undefined) separate(dx, dInput[1], dInput[0], part);
      },
    };
  },
};

/**
 * The op `gaussianMixturePerClass`. Its inputs are the value and a context; some context columns are class weights. Its
 * output is `log Σ weight·density`. It has the same parameters, with the classes concatenated. The weights receive no
 * gradient.
 */
export const gaussianMixturePerClassKind: StepKind<"gaussianMixturePerClass"> = {
  memory: ({ rows, settings, isTraining }) => {
    const sizes = groupsOf(settings);
    const { isLearnable } = settings;
    const ofClass = sizesOf(settings);
    const copies = rows * (sizes.features + 1);
    const forBackward = isTraining ? copies + mixtureSharesSize(ofClass, rows) : 0;
    return {
      saved: boundMixtureSize(sizes, isLearnable, isTraining),
      scratch: mixtureScratchSize(sizes) + copies + forBackward,
    };
  },
  weights: triangleWeights,
  bind: (call) => {
    const { rows, settings, inputs, input, output, dOutput, dInput, dParameters } = call;
    const { classColumns } = settings;
    const { mixture, scratch, work } = bindMixture(call, groupsOf(settings));
    const [value, context] = input;
    const out = output[0];
    const classes = classMixtures(call, mixture, scratch, work);
    /** Row totals in float64. With one class, the total is the result of that class. */
    const totals = new Float64Array(rows);
    const members = new Int32Array(rows);
    const [n, width] = inputs;
    const eachClass = (
      visit: (member: ClassMixture, rowsOfClass: Int32Array, weightAt: (row: number) => number) => void,
    ): void => {
      for (const [c, column] of classColumns.entries()) {
        let count = 0;
        for (let row = 0; row < rows; row++) if (context[row * width + column] !== 0) members[count++] = row;
        if (count === 0) continue;
        visit(classes[c] as ClassMixture, members.subarray(0, count), (row) => context[row * width + column] as number);
      }
    };
    return {
      forward: () => {
        mixture.prepare();
        totals.fill(Number.NEGATIVE_INFINITY);
        eachClass((member, own, weightAt) => {
          const logProb = member.forward(value, own, false);
          for (let i = 0; i < own.length; i++) {
            const row = own[i] as number;
            totals[row] = logSum(totals[row] as number, (logProb[i] as number) + Math.log(weightAt(row)));
          }
        });
        for (let row = 0; row < rows; row++) {
          // A row without class, to which no component has been.
          if (totals[row] === Number.NEGATIVE_INFINITY && hasNaN(value, row, n)) totals[row] = Number.NaN;
        }
        out.set(totals);
      },
      backward: () => {
        const isTrained = dParameters.some((gradient) => gradient !== undefined);
        const [dx, dContext] = dInput;
        const d = dOutput[0];
        dx?.fill(0);
        dContext?.fill(0);
        const { gradients } = mixture;
        for (const sum of [gradients.offsets, gradients.shift, gradients.weights]) sum.fill(0);
        eachClass((member, own, weightAt) => {
          const logProb = member.forward(value, own, true);
          member.backward(own, dx, isTrained, (i, row) => {
            const total = totals[row] as number;
            if (total === Number.NEGATIVE_INFINITY) return 0;
            return (d[row] as number) * Math.exp((logProb[i] as number) + Math.log(weightAt(row)) - total);
          });
        });
        if (isTrained) mixture.finish(dParameters);
      },
    };
  },
};

/** The components of a class, and rows that belong to the class. */
interface ClassMixture {
  /** The log-densities of some rows of the value. */
  forward(value: Float32Array, rows: Int32Array, isTraining: boolean): Float32Array;
  /** Adds the gradients of these rows to dx, and leaves the gradients of the components in the mixture. */
  backward(
    rows: Int32Array,
    dx: Float32Array | undefined,
    isTrained: boolean,
    seedOf: (place: number, row: number) => number,
  ): void;
}

function classMixtures(
  { kernels, rows, settings, isTraining }: StepCall<"gaussianMixturePerClass">,
  mixture: BoundMixture,
  scratch: Float32Array,
  work: Float32Array,
): readonly ClassMixture[] {
  const sizes = sizesOf(settings);
  const { components, features: n } = sizes;
  const { classColumns } = settings;
  let end = 0;
  const next = (size: number): Float32Array => {
    end += size;
    return work.subarray(end - size, end);
  };
  const [x, out] = [next(rows * n), next(rows)];
  const [dx, d] = isTraining ? [next(rows * n), next(rows)] : [x, out];
  const shares = work.subarray(end);
  return classColumns.map((_, c) => {
    const of = (array: Float32Array, size: number): Float32Array => array.subarray(c * size, (c + 1) * size);
    const triangles = mixtureWeightsSize(sizes);
    const { arrays, gradients } = mixture;
    const own: MixtureArrays = {
      mean: of(arrays.mean, components * n),
      shift: arrays.shift && of(arrays.shift, components * n),
      weights: of(arrays.weights, triangles),
      offsets: of(arrays.offsets, components),
    };
    const offsets = of(gradients.offsets, components);
    const trained = { shift: of(gradients.shift, components * n), weights: of(gradients.weights, triangles) };
    return {
      forward: (value, members, keep) => {
        const count = members.length;
        for (let i = 0; i < count; i++) copyRow(value, members[i] as number, x, i, n);
        const logProb = out.subarray(0, count);
        const kept = keep ? shares.subarray(0, mixtureSharesSize(sizes, count)) : undefined;
        kernels.mixtureForward(x.subarray(0, count * n), own, logProb, kept, sizes, scratch);
        return logProb;
      },
      backward: (members, target, isTrained, seedOf) => {
        const count = members.length;
        for (let i = 0; i < count; i++) d[i] = seedOf(i, members[i] as number);
        const ofX = dx.subarray(0, count * n);
        kernels.mixtureGradient(
          x.subarray(0, count * n),
          own,
          shares.subarray(0, mixtureSharesSize(sizes, count)),
          d.subarray(0, count),
          { x: target && ofX, offsets, ...(isTrained ? trained : {}) },
          sizes,
          scratch,
        );
        if (target === undefined) return;
        for (let i = 0; i < count; i++) {
          const to = (members[i] as number) * n;
          for (let j = 0; j < n; j++) target[to + j] = (target[to + j] as number) + (ofX[i * n + j] as number);
        }
      },
    };
  });
}

/** The components that one row meets. */
function sizesOf(settings: GaussianMixtureSettings): MixtureGroups {
  const { components, features, contextColumns } = settings;
  return { components, features, given: contextColumns.length, groupSize: components };
}

/** Mixture groups of all classes. */
function groupsOf(settings: GaussianMixtureSettings): MixtureGroups {
  const sizes = sizesOf(settings);
  return { ...sizes, components: sizes.components * settings.classColumns.length };
}

function triangleWeights(settings: GaussianMixtureSettings): number {
  const { components, features } = settings;
  return (components * features * (features + 1)) / 2;
}

/**
 * Binds a mixture. Returns it with the remaining parts of `saved` and of the scratch, and with the part of the scratch
 * that the kernels use.
 */
function bindMixture(
  { kernels, settings, isTraining, parameters, saved, scratch }: StepCall<MixtureOperation>,
  sizes: MixtureGroups,
): {
  readonly mixture: BoundMixture;
  readonly rest: Float32Array;
  readonly scratch: Float32Array;
  readonly work: Float32Array;
} {
  const size = boundMixtureSize(sizes, settings.isLearnable, isTraining);
  const taken = mixtureScratchSize(sizes);
  const own = scratch.subarray(0, taken);
  return {
    mixture: new BoundMixture(kernels, sizes, parameters, saved.subarray(0, size), own),
    rest: saved.subarray(size),
    scratch: own,
    work: scratch.subarray(taken),
  };
}

/** How context and value lie side by side in the features of the components. */
interface JointRows {
  readonly rows: number;
  readonly width: number;
  readonly contextWidth: number;
  readonly contextColumns: readonly number[];
}

function join(
  context: Float32Array,
  value: Float32Array,
  joint: Float32Array,
  { rows, width, contextWidth, contextColumns }: JointRows,
): void {
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const column of contextColumns) joint[at++] = context[row * contextWidth + column] as number;
    for (let j = 0; j < width; j++) joint[at++] = value[row * width + j] as number;
  }
}

function separate(
  dJoint: Float32Array,
  dContext: Float32Array | undefined,
  dValue: Float32Array | undefined,
  { rows, width, contextWidth, contextColumns }: JointRows,
): void {
  dContext?.fill(0);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const column of contextColumns) {
      const gradient = dJoint[at++] as number;
      const to = row * contextWidth + column;
      if (dContext !== undefined) dContext[to] = (dContext[to] as number) + gradient;
    }
    for (let j = 0; j < width; j++) {
      const gradient = dJoint[at++] as number;
      if (dValue !== undefined) dValue[row * width + j] = gradient;
    }
  }
}

function copyRow(from: Float32Array, row: number, to: Float32Array, at: number, n: number): void {
  for (let j = 0; j < n; j++) to[at * n + j] = from[row * n + j] as number;
}

function hasNaN(values: Float32Array, row: number, n: number): boolean {
  for (let i = row * n; i < (row + 1) * n; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

/** `log(eᵃ + eᵇ)`. */
function logSum(a: number, b: number): number {
  const peak = Math.max(a, b);
  if (peak === Number.NEGATIVE_INFINITY) return peak;
  return peak + Math.log1p(Math.exp(Math.min(a, b) - peak));
}
