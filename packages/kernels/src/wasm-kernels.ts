import type { ScaleMap } from "@pushforward/core";
import { nonlinearityKinds } from "./activation.ts";
import { relaxedModule } from "./generated/relaxed.ts";
import { simdModule } from "./generated/simd.ts";
import { dropoutValues, type KernelRecorder, type Kernels, splineParameterCount, type WasmKernels } from "./kernels.ts";

/**
 * Which build of the kernels. Results of `simd` are bit-for-bit identical in all engines; `relaxed` has fused
 * multiply-add, whose last bits depend on engine and processor.
 */
export type WasmBuild = "simd" | "relaxed";

type Call = (...numbers: number[]) => number;

type Exports = Readonly<
  Record<Exclude<keyof WasmKernels, "recorder" | "sumColumns"> | "addColumns" | "roundSums", Call>
>;

// Each module is named once: a minifier repeats a long text at each place that names it.
const modules: Readonly<Record<WasmBuild, string>> = { relaxed: relaxedModule, simd: simdModule };

// As in assembly/affine.ts.
const scaleMaps: Readonly<Record<ScaleMap, number>> = { tanh: 0, clip: 1, softplus: 2, sigmoid: 3 };

/** The fastest of some builds that this engine can compile, or `undefined` where it has no SIMD. */
export function supportedBuild(builds: readonly WasmBuild[] = ["relaxed", "simd"]): WasmBuild | undefined {
  if (typeof WebAssembly === "undefined") return undefined;
  return builds.find((build) => WebAssembly.validate(kernelModule(build)));
}

/**
 * The kernels on a memory that belongs to someone else, that of tfjs for instance: they have no memory of their own, so
 * that tensors are computed with where they are. All arrays must be views of this memory, none empty.
 */
export function wasmKernels(memory: WebAssembly.Memory, build: WasmBuild): WasmKernels {
  return kernelsOn(memory, new WebAssembly.Module(kernelModule(build)));
}

/** The kernels of a compiled module, which must be one for this kind of memory. */
export function kernelsOn(memory: WebAssembly.Memory, module: WebAssembly.Module): WasmKernels {
  const calls = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  return { ...kernelsBy(calls), recorder: () => new WasmRecorder(calls) };
}

/** Kernels by the functions of a module, or by what stands for them. */
function kernelsBy(calls: Exports): WasmKernels {
  return {
    linearForward(x, { weight, mask, ranges, bias }, y, { batch, inputs, outputs }, scratch, finish) {
      calls.linearForward(
        at(x),
        at(weight),
        at(mask),
        at(ranges),
        at(bias),
        at(y),
        batch,
        inputs,
        outputs,
        flag(finish?.accumulate),
        flag(finish?.relu),
        at(scratch),
      );
    },
    linearInputGradient(dy, { weight, mask, ranges }, dx, { batch, inputs, outputs }, scratch, finish) {
      calls.linearInputGradient(
        at(dy),
        at(weight),
        at(mask),
        at(ranges),
        at(finish?.gate),
        at(dx),
        batch,
        inputs,
        outputs,
        flag(finish?.accumulate),
        at(scratch),
      );
    },
    linearPart(x, weight, bias, y, sizes, scratch, finish) {
      const { batch, depth, columns, xStart = 0, xStride, weightStart = 0, weightStride } = sizes;
      const { biasStart = 0, yStart = 0, yStride } = sizes;
      calls.linearPart(
        at(x) + 4 * xStart,
        xStride,
        at(weight) + 4 * weightStart,
        weightStride,
        bias === undefined ? 0 : at(bias) + 4 * biasStart,
        at(y) + 4 * yStart,
        yStride,
        batch,
        depth,
        columns,
        flag(finish?.accumulate),
        flag(finish?.relu),
        at(scratch),
      );
    },
    linearWeightGradient(x, dy, mask, dWeight, dBias, { batch, inputs, outputs }, scratch, ranges) {
      calls.linearWeightGradient(
        at(x),
        at(dy),
        at(mask),
        at(ranges),
        at(dWeight),
        at(dBias),
        batch,
        inputs,
        outputs,
        at(scratch),
      );
    },
    activate(z, h, activation) {
      calls.activate(at(z), at(h), h.length, nonlinearityKinds[activation]);
    },
    activateGradient(saved, dh, dz, activation, accumulate) {
      calls.activateGradient(at(saved), at(dh), at(dz), dz.length, nonlinearityKinds[activation], flag(accumulate));
    },
    splineForward(x, parameters, y, logDet, settings, scratch, saved) {
      calls.splineForward(
        at(x),
        at(parameters),
        at(y),
        at(logDet),
        x.length,
        settings.stride ?? splineParameterCount(settings),
        settings.bins,
        settings.bound,
        flag(settings.tails === "linear"),
        flag(settings.inverse),
        settings.softmaxScale,
        settings.softmaxLimit,
        settings.minBin,
        settings.slopeLimit,
        settings.slopeOffset,
        settings.minSlope,
        at(scratch),
        at(saved),
      );
    },
    splineGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings, scratch, saved) {
      calls.splineGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        x.length,
        settings.stride ?? splineParameterCount(settings),
        settings.bins,
        settings.bound,
        flag(settings.tails === "linear"),
        flag(settings.inverse),
        settings.softmaxScale,
        settings.softmaxLimit,
        settings.minBin,
        settings.slopeLimit,
        settings.slopeOffset,
        settings.minSlope,
        at(scratch),
        at(saved),
      );
    },
    affineForward(x, parameters, y, logDet, settings) {
      const { inverse, stride = 2, scale, limit, offset, least } = settings;
      calls.affineForward(
        at(x),
        at(parameters),
        at(y),
        at(logDet),
        x.length,
        stride,
        flag(inverse),
        scaleMaps[scale],
        limit,
        offset,
        least,
      );
    },
    affineGradient(x, parameters, dValue, dLogDet, dx, dParameters, settings) {
      const { inverse, stride = 2, scale, limit, offset, least } = settings;
      calls.affineGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        x.length,
        stride,
        flag(inverse),
        scaleMaps[scale],
        limit,
        offset,
        least,
      );
    },
    mixtureWeights({ whitening, diagonal, offDiagonal }, weights, { components, features }, scratch) {
      calls.mixtureWeights(
        at(whitening),
        at(diagonal),
        at(offDiagonal),
        at(weights),
        components,
        features,
        at(scratch),
      );
    },
    mixtureWeightsGradient({ whitening }, dWeights, dDiagonal, dOffDiagonal, { components, features }, scratch) {
      calls.mixtureWeightsGradient(
        at(whitening),
        at(dWeights),
        at(dDiagonal),
        at(dOffDiagonal),
        components,
        features,
        at(scratch),
      );
    },
    mixtureForward(x, mixture, out, shares, { components, features, given }, scratch) {
      calls.mixtureForward(
        at(x),
        at(mixture.mean),
        at(mixture.shift),
        at(mixture.weights),
        at(mixture.offsets),
        at(mixture.gateOffsets),
        at(out),
        at(shares),
        out.length,
        components,
        features,
        given,
        at(scratch),
      );
    },
    mixtureGradient(x, mixture, shares, d, gradients, { components, features, given }, scratch) {
      calls.mixtureGradient(
        at(x),
        at(mixture.mean),
        at(mixture.shift),
        at(mixture.weights),
        at(shares),
        at(d),
        at(gradients.x),
        at(gradients.offsets),
        at(gradients.gateOffsets),
        at(gradients.shift),
        at(gradients.weights),
        d.length,
        components,
        features,
        given,
        at(scratch),
      );
    },
    normalLogProb(x, out) {
      calls.normalLogProb(at(x), at(out), out.length, x.length / out.length);
    },
    normalLogProbGradient(x, d, dx) {
      calls.normalLogProbGradient(at(x), at(d), at(dx), d.length, x.length / d.length);
    },
    copyPart(from, to, { rows, columns, fromStart = 0, fromStride, toStart = 0, toStride }, accumulate) {
      calls.copyPart(
        at(from) + 4 * fromStart,
        fromStride,
        at(to) + 4 * toStart,
        toStride,
        rows,
        columns,
        flag(accumulate),
      );
    },
    gatherColumns(from, columns, to) {
      const rows = to.length / columns.length;
      calls.gatherColumns(at(from), from.length / rows, at(columns), columns.length, at(to), rows);
    },
    scatterColumns(from, columns, to, width, accumulate) {
      const rows = to.length / width;
      calls.scatterColumns(at(from), at(columns), columns.length, at(to), width, rows, flag(accumulate));
    },
    sumColumns(matrices, to, scratch) {
      const rows = to.length;
      calls.clear(at(scratch), 2 * rows);
      for (const matrix of matrices) calls.addColumns(at(matrix), matrix.length / rows, at(scratch), rows);
      calls.roundSums(at(scratch), at(to), rows);
    },
    spreadColumns(from, to) {
      calls.spreadColumns(at(from), at(to), to.length / from.length, from.length);
    },
    sumRows(from, to) {
      calls.sumRows(at(from), to.length, at(to), from.length / to.length);
    },
    repeatRow(row, to) {
      calls.repeatRow(at(row), row.length, at(to), to.length / row.length);
    },
    subtractRow(from, row, to) {
      calls.subtractRow(at(from), at(row), at(to), row.length, from.length / row.length);
    },
    copy(from, to) {
      calls.copy(at(from), at(to), to.length);
    },
    clear(to) {
      calls.clear(at(to), to.length);
    },
    add(values, to) {
      calls.add(at(values), at(to), to.length);
    },
    multiply(values, factors, to) {
      calls.multiply(at(values), at(factors), at(to), to.length);
    },
    dropoutMask(k0, k1, firstBlock, rate, out, scratch) {
      const { limit, kept } = dropoutValues(rate);
      calls.dropoutMask(k0, k1, firstBlock, limit, kept, at(out), out.length, at(scratch));
    },
    squaredNorm(values) {
      return calls.squaredNorm(at(values), values.length);
    },
    adamStep(values, gradient, first, second, next, settings) {
      const { beta1, beta2, epsilon, keep, stepSize, rootScale, scale, floor1, floor2 } = settings;
      const allFinite = calls.adamStep(
        at(values),
        at(gradient),
        at(first),
        at(second),
        at(next),
        values.length,
        beta1,
        beta2,
        epsilon,
        keep,
        stepSize,
        rootScale,
        scale,
        floor1,
        floor2,
      );
      return allFinite === 1;
    },
    moveAverage(averages, start, values, decay) {
      calls.moveAverage(at(averages) + 4 * start, at(values), values.length, decay);
    },
    normals([k0, k1], firstBlock, out, scratch) {
      calls.normals(k0, k1, firstBlock, at(out), out.length, at(scratch));
    },
  };
}

/** Writes down the functions of a module with their arguments. */
class WasmRecorder implements KernelRecorder {
  readonly kernels: Kernels;
  private calls: (() => void)[] = [];

  constructor(functions: Exports) {
    const names = Object.keys(functions) as (keyof Exports)[];
    const written = names.map((name): [string, Call] => {
      const call = functions[name];
      const write = (...numbers: number[]): number => {
        this.calls.push(() => call(...numbers));
        return 0;
      };
      return [name, write];
    });
    this.kernels = kernelsBy(Object.fromEntries(written) as unknown as Exports);
  }

  record(body: () => void): () => void {
    this.calls = [];
    body();
    const { calls } = this;
    return () => {
      for (let i = 0; i < calls.length; i++) (calls[i] as () => void)();
    };
  }
}

// 0 is where no allocator puts an array, and stands for "none". It is also the offset of a view that was detached when the
// memory grew: a kernel would write over what belongs to others.
function at(view: Float32Array | Int32Array | undefined): number {
  if (view === undefined) return 0;
  if (view.byteOffset === 0) throw new Error("wasmKernels: expected views of the memory, got one from before it grew.");
  return view.byteOffset;
}

function flag(value: boolean | undefined): number {
  return value ? 1 : 0;
}

/** The bytes of an embedded module. */
export function kernelModule(build: WasmBuild): Uint8Array<ArrayBuffer> {
  const text = modules[build];
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digitAt(text, 2 * i) + digitAt(text, 2 * i + 1);
  return bytes;
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code - (code <= 0x39 ? 0x30 : 0x57);
}
