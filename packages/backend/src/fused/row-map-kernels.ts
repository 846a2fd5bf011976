import type { Shape } from "@pushforward/core";
import {
  type AffineSettings,
  broadcastShapes,
  type GaussianizationSettings,
  type SplineSettings,
  type SumOfSquaresSettings,
  sizeOf,
} from "@pushforward/core/extend";
import {
  gaussianizationScratchSize,
  type Kernels,
  splineScratchSize,
  sumOfSquaresScratchSize,
} from "@pushforward/kernels";
import { broadcastIndices, type KernelCall, kernelFunc } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import type { FusedKernel } from "./network-kernels.ts";

/** An elementwise map of a single call: x `[count]`, and a separate row of parameters for each number. */
interface RowMap {
  readonly scratchSize: number;
  forward(x: Float32Array, rows: Float32Array, y: Float32Array, logDet: Float32Array, scratch: Float32Array): void;
  gradient(
    x: Float32Array,
    rows: Float32Array,
    dValue: Float32Array,
    dLogDet: Float32Array,
    dx: Float32Array,
    dRows: Float32Array,
    scratch: Float32Array,
  ): void;
}

function affineMap(kernels: Kernels, settings: AffineSettings): RowMap {
  return {
    scratchSize: 0,
    forward: (x, rows, y, logDet) => kernels.affineForward(x, rows, y, logDet, settings),
    gradient: (x, rows, dValue, dLogDet, dx, dRows) =>
      kernels.affineGradient(x, rows, dValue, dLogDet, dx, dRows, settings),
  };
}

function splineMap(kernels: Kernels, settings: SplineSettings): RowMap {
  return {
    scratchSize: splineScratchSize(settings.bins),
    forward: (x, rows, y, logDet, scratch) => kernels.splineForward(x, rows, y, logDet, settings, scratch),
    gradient: (x, rows, dValue, dLogDet, dx, dRows, scratch) =>
      kernels.splineGradient(x, rows, dValue, dLogDet, dx, dRows, settings, scratch),
  };
}

function gaussianizationMap(kernels: Kernels, settings: GaussianizationSettings): RowMap {
  return {
    scratchSize: gaussianizationScratchSize(settings.components),
    forward: (x, rows, y, logDet, scratch) => kernels.gaussianizationForward(x, rows, y, logDet, settings, scratch),
    gradient: (x, rows, dValue, dLogDet, dx, dRows, scratch) =>
      kernels.gaussianizationGradient(x, rows, dValue, dLogDet, dx, dRows, settings, scratch),
  };
}

function sumOfSquaresMap(kernels: Kernels, settings: SumOfSquaresSettings): RowMap {
  return {
    scratchSize: sumOfSquaresScratchSize(settings),
    forward: (x, rows, y, logDet, scratch) => kernels.sumOfSquaresForward(x, rows, y, logDet, settings, scratch),
    gradient: (x, rows, dValue, dLogDet, dx, dRows, scratch) =>
      kernels.sumOfSquaresGradient(x, rows, dValue, dLogDet, dx, dRows, settings, scratch),
  };
}

/**
 * The ops `affine`, `rationalQuadraticSpline`, `gaussianization` and `sumOfSquares`, `(x [...batch], parameters [...batch, size]) → [value, logDet]`, and
 * their gradients. Where the batch axes broadcast, x and rows are copied out some at a time.
 */
export function rowMapKernels(kernelsOf: (backend: unknown) => Kernels): readonly FusedKernel[] {
  return [
    ...mapKernels<AffineSettings>("PushforwardAffine", ({ backend, attrs }) => affineMap(kernelsOf(backend), attrs)),
    ...mapKernels<SplineSettings>("PushforwardRationalQuadraticSpline", ({ backend, attrs }) =>
      splineMap(kernelsOf(backend), attrs),
    ),
    ...mapKernels<GaussianizationSettings>("PushforwardGaussianization", ({ backend, attrs }) =>
      gaussianizationMap(kernelsOf(backend), attrs),
    ),
    ...mapKernels<SumOfSquaresSettings>("PushforwardSumOfSquares", ({ backend, attrs }) =>
      sumOfSquaresMap(kernelsOf(backend), attrs),
    ),
  ];
}

/** x and the parameters. */
type Inputs = readonly [x: tf.TensorInfo, parameters: tf.TensorInfo];

/** Inputs of the gradient, including the gradients of value and log-det. */
type GradientInputs = readonly [...Inputs, dValue: tf.TensorInfo, dLogDet: tf.TensorInfo];

function mapKernels<Settings>(
  kernelName: string,
  mapOf: (call: KernelCall<unknown, Settings>) => RowMap,
): readonly FusedKernel[] {
  return [
    { kernelName, kernelFunc: kernelFunc<Inputs, Settings>((call) => forward(mapOf(call), call)) },
    {
      kernelName: `${kernelName}Grad`,
      kernelFunc: kernelFunc<GradientInputs, Settings>((call) => gradient(mapOf(call), call)),
    },
  ];
}

/** Numbers that are copied out at a time. */
const CHUNK = 256;

function forward(map: RowMap, { inputs: [x, parameters], backend }: KernelCall<Inputs, unknown>): tf.TensorInfo[] {
  const memory = kernelMemory(backend);
  const match = matchOf(x.shape, parameters.shape);
  const { shape, width, ofX, ofRow } = match;
  const outputs = [memory.allocate(shape, "float32"), memory.allocate(shape, "float32")] as const;
  const work = memory.allocate([workspaceSize(map, match)], "float32");
  const view = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
  const [y, logDet] = [view(outputs[0]), view(outputs[1])];
  const space = workspaceOf(map, match, view(work));
  const inputRows = new RowReader(view(x), 1, ofX, space.x);
  const parameterRows = new RowReader(view(parameters), width, ofRow, space.rows);
  for (const [from, to] of chunks(match)) {
    const ownX = inputRows.read(from, to);
    map.forward(ownX, parameterRows.read(from, to), y.subarray(from, to), logDet.subarray(from, to), space.scratch);
  }
  memory.free(work);
  return [...outputs];
}

function gradient(map: RowMap, { inputs, backend }: KernelCall<GradientInputs, unknown>): tf.TensorInfo[] {
  const [x, parameters, ...dOutputs] = inputs;
  const memory = kernelMemory(backend);
  const match = matchOf(x.shape, parameters.shape);
  const { width, ofX, ofRow } = match;
  const outputs = [memory.allocate(x.shape, "float32"), memory.allocate(parameters.shape, "float32")] as const;
  const work = memory.allocate([workspaceSize(map, match)], "float32");
  const view = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
  const [dValue, dLogDet] = [view(dOutputs[0]), view(dOutputs[1])];
  const space = workspaceOf(map, match, view(work));
  const inputRows = new RowReader(view(x), 1, ofX, space.x);
  const parameterRows = new RowReader(view(parameters), width, ofRow, space.rows);
  const inputSums = new RowSums(view(outputs[0]), 1, ofX, space.dx);
  const parameterSums = new RowSums(view(outputs[1]), width, ofRow, space.dRows);
  for (const [from, to] of chunks(match)) {
    map.gradient(
      inputRows.read(from, to),
      parameterRows.read(from, to),
      dValue.subarray(from, to),
      dLogDet.subarray(from, to),
      inputSums.target(from, to),
      parameterSums.target(from, to),
      space.scratch,
    );
    inputSums.add(from, to);
    parameterSums.add(from, to);
  }
  inputSums.finish();
  parameterSums.finish();
  memory.free(work);
  return [...outputs];
}

/** Which number and which row of parameters meet. */
interface Match {
  /** The shape to which x and the rows broadcast. */
  readonly shape: Shape;
  readonly size: number;
  readonly rowCount: number;
  /** Parameters in a row. */
  readonly width: number;
  /** For each index into the broadcast shape the index into x; `undefined` when they are the same. */
  readonly ofX: Int32Array | undefined;
  /** The same for the rows. */
  readonly ofRow: Int32Array | undefined;
}

function matchOf(xShape: Shape, parametersShape: Shape): Match {
  const batch = parametersShape.slice(0, -1);
  const shape = broadcastShapes(xShape, batch) as Shape;
  const size = sizeOf(shape);
  const indices = (own: Shape): Int32Array | undefined =>
    sizeOf(own) === size ? undefined : broadcastIndices(own, shape);
  const width = parametersShape[parametersShape.length - 1] as number;
  return { shape, size, rowCount: sizeOf(batch), width, ofX: indices(xShape), ofRow: indices(batch) };
}

// All at once where nothing is copied; else so many that rows which repeat are the same in each chunk.
function* chunks({ size, rowCount, ofX, ofRow }: Match): Generator<readonly [from: number, to: number]> {
  const step = ofX === undefined && ofRow === undefined ? size : CHUNK - (CHUNK % Math.min(rowCount, CHUNK));
  for (let from = 0; from < size; from += step) yield [from, Math.min(from + step, size)];
}

/** Arrays in addition to the inputs and outputs. The chunk arrays are empty if no rows are copied. */
interface Workspace {
  readonly scratch: Float32Array;
  readonly x: Float32Array;
  readonly rows: Float32Array;
  readonly dx: Float32Array;
  readonly dRows: Float32Array;
}

function chunkSizes({ width, ofX, ofRow }: Match): [ofX: number, ofRow: number] {
  return [ofX === undefined ? 0 : CHUNK, ofRow === undefined ? 0 : CHUNK * width];
}

function workspaceSize({ scratchSize }: RowMap, match: Match): number {
  const [ofX, ofRow] = chunkSizes(match);
  return scratchSize + 2 * (ofX + ofRow);
}

function workspaceOf({ scratchSize }: RowMap, match: Match, work: Float32Array): Workspace {
  const [ofX, ofRow] = chunkSizes(match);
  let end = 0;
  const next = (size: number): Float32Array => {
    end += size;
    return work.subarray(end - size, end);
  };
  return { scratch: next(scratchSize), x: next(ofX), rows: next(ofRow), dx: next(ofX), dRows: next(ofRow) };
}

/** Rows in the order of some indices: views, or copies where the indices are not 0, 1, 2, … */
class RowReader {
  private readonly rows: Float32Array;
  private readonly width: number;
  private readonly indices: Int32Array | undefined;
  private readonly copies: Float32Array;
  /** Start of the indices of the rows in the copies. */
  private copied = Number.NaN;

  constructor(rows: Float32Array, width: number, indices: Int32Array | undefined, copies: Float32Array) {
    this.rows = rows;
    this.width = width;
    this.indices = indices;
    this.copies = copies;
  }

  read(from: number, to: number): Float32Array {
    const { rows, width, indices, copies } = this;
    if (indices === undefined) return rows.subarray(from * width, to * width);
    if (!this.isCopied(indices, from, to)) {
      let at = 0;
      for (let i = from; i < to; i++) {
        const start = (indices[i] as number) * width;
        for (let k = start; k < start + width; k++) copies[at++] = rows[k] as number;
      }
      this.copied = from;
    }
    return copies.subarray(0, (to - from) * width);
  }

  private isCopied(indices: Int32Array, from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (indices[i] !== indices[i - from + this.copied]) return false;
    return true;
  }
}

/** Gradients of rows in the order of some indices: in their place, or summed up where rows were broadcast. */
class RowSums {
  private readonly rows: Float32Array;
  private readonly width: number;
  private readonly indices: Int32Array | undefined;
  private readonly parts: Float32Array;
  private readonly sums: Float64Array;

  constructor(rows: Float32Array, width: number, indices: Int32Array | undefined, parts: Float32Array) {
    this.rows = rows;
    this.width = width;
    this.indices = indices;
    this.parts = parts;
    this.sums = new Float64Array(indices === undefined ? 0 : rows.length);
  }

  /** Where gradients are written to. */
  target(from: number, to: number): Float32Array {
    const { rows, width, indices, parts } = this;
    return indices === undefined ? rows.subarray(from * width, to * width) : parts.subarray(0, (to - from) * width);
  }

  /** Adds the values that were written there. */
  add(from: number, to: number): void {
    const { width, indices, parts, sums } = this;
    if (indices === undefined) return;
    let at = 0;
    for (let i = from; i < to; i++) {
      const start = (indices[i] as number) * width;
      for (let k = start; k < start + width; k++) sums[k] = (sums[k] as number) + (parts[at++] as number);
    }
  }

  finish(): void {
    if (this.indices !== undefined) this.rows.set(this.sums);
  }
}
