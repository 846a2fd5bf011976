import { activationKinds } from "./activation.ts";
import { relaxedModule } from "./generated/relaxed.ts";
import { simdModule } from "./generated/simd.ts";
import type { Kernels } from "./kernels.ts";

/** Which build of the kernels: `relaxed` has fused multiply-add, whose last bits depend on the processor. */
export type WasmBuild = "simd" | "relaxed";

type Call = (...numbers: number[]) => number;

type Exports = Readonly<Record<keyof Kernels, Call>>;

// Each module is named once: a minifier repeats a long text at each place that names it.
const modules: Readonly<Record<WasmBuild, string>> = { relaxed: relaxedModule, simd: simdModule };

/** The best build that this engine can compile, or `undefined` where it has no SIMD. */
export function supportedBuild(): WasmBuild | undefined {
  if (typeof WebAssembly === "undefined") return undefined;
  return (["relaxed", "simd"] as const).find((build) => WebAssembly.validate(decoded(modules[build])));
}

/**
 * The kernels on a memory that belongs to someone else, that of tfjs for instance: they have no memory of their own, so
 * that tensors are computed with where they are. All arrays must be views of this memory, none empty.
 */
export function wasmKernels(memory: WebAssembly.Memory, build: WasmBuild): Kernels {
  const module = new WebAssembly.Module(decoded(modules[build]));
  const calls = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  return {
    linearForward(x, { weight, mask, bias }, y, { batch, inputs, outputs }, scratch, finish) {
      calls.linearForward(
        at(x),
        at(weight),
        at(mask),
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
    linearInputGradient(dy, { weight, mask }, dx, { batch, inputs, outputs }, scratch, finish) {
      calls.linearInputGradient(
        at(dy),
        at(weight),
        at(mask),
        at(finish?.gate),
        at(dx),
        batch,
        inputs,
        outputs,
        flag(finish?.accumulate),
        at(scratch),
      );
    },
    linearWeightGradient(x, dy, mask, dWeight, dBias, { batch, inputs, outputs }, scratch) {
      calls.linearWeightGradient(at(x), at(dy), at(mask), at(dWeight), at(dBias), batch, inputs, outputs, at(scratch));
    },
    activate(z, h, activation) {
      calls.activate(at(z), at(h), h.length, activationKinds[activation]);
    },
    activateGradient(saved, dh, dz, activation, accumulate) {
      calls.activateGradient(at(saved), at(dh), at(dz), dz.length, activationKinds[activation], flag(accumulate));
    },
    affineForward(x, parameters, y, logDet, inverse) {
      calls.affineForward(at(x), at(parameters), at(y), at(logDet), x.length, flag(inverse));
    },
    affineGradient(x, parameters, dValue, dLogDet, dx, dParameters, inverse) {
      calls.affineGradient(
        at(x),
        at(parameters),
        at(dValue),
        at(dLogDet),
        at(dx),
        at(dParameters),
        x.length,
        flag(inverse),
      );
    },
    normalLogProb(x, out) {
      calls.normalLogProb(at(x), at(out), out.length, x.length / out.length);
    },
    normalLogProbGradient(x, d, dx) {
      calls.normalLogProbGradient(at(x), at(d), at(dx), d.length, x.length / d.length);
    },
  };
}

// 0 is where no allocator puts an array, and stands for "none". It is also the offset of a view that was detached when the
// memory grew: a kernel would write over what belongs to others.
function at(view: Float32Array | undefined): number {
  if (view === undefined) return 0;
  if (view.byteOffset === 0) throw new Error("wasmKernels: expected views of the memory, got one from before it grew.");
  return view.byteOffset;
}

function flag(value: boolean | undefined): number {
  return value ? 1 : 0;
}

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
