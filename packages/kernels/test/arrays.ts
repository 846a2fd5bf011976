import v8 from "node:v8";
import { DEEP } from "../../testing/test/deep.ts";
import { type Kernels, scalarKernels } from "../src/index.ts";
import { type WasmBuild, wasmKernels } from "../src/wasm.ts";

// Node 20 has relaxed SIMD behind a flag; later versions have it and do not know the flag.
if (DEEP && process.versions.node.startsWith("20.")) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");

/** A set of kernels and arrays that it can work on. Each array has a guard behind it, which must not change. */
export class Bench {
  readonly name: string;
  readonly kernels: Kernels;
  private readonly memory: WebAssembly.Memory | undefined;
  private top = 8;
  private guards: Float32Array[] = [];

  constructor(name: "scalar" | WasmBuild) {
    this.name = name;
    this.memory = name === "scalar" ? undefined : new WebAssembly.Memory({ initial: 1024 });
    this.kernels = this.memory === undefined ? scalarKernels : wasmKernels(this.memory, name as WasmBuild);
  }

  array(values: ArrayLike<number> | number): Float32Array {
    const length = typeof values === "number" ? values : values.length;
    // An odd number of words, so that later arrays are not aligned.
    const space = length + 3 + (length % 2);
    const whole =
      this.memory === undefined ? new Float32Array(space) : new Float32Array(this.memory.buffer, this.top, space);
    this.top += space * 4;
    whole.fill(GUARD);
    if (typeof values !== "number") whole.set(values);
    this.guards.push(whole.subarray(length));
    return whole.subarray(0, length);
  }

  integers(length: number): Int32Array {
    const { buffer, byteOffset } = this.array(length);
    return new Int32Array(buffer, byteOffset, length);
  }

  optional(values: ArrayLike<number> | undefined): Float32Array | undefined {
    return values === undefined ? undefined : this.array(values);
  }

  /** Returns `true` if no kernel wrote past an array. Releases all arrays. */
  finish(): boolean {
    const intact = this.guards.every((guard) => guard.every((value) => value === GUARD));
    this.guards = [];
    this.top = 8;
    return intact;
  }
}

const GUARD = 12345;

/** Reproducible numbers: the multiplicative congruential generator of Park and Miller. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Numbers from −1 to 1. */
export function random(next: () => number, count: number, scale = 1): Float32Array {
  return Float32Array.from({ length: count }, () => (2 * next() - 1) * scale);
}

/** The largest difference, relative to the largest expected number or to 1; NaN must meet NaN. */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, scale] = [0, 1];
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    if (Object.is(a, e) || (Number.isNaN(a) && Number.isNaN(e))) continue;
    const difference = Math.abs(a - e);
    error = Math.max(error, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    if (Number.isFinite(e)) scale = Math.max(scale, Math.abs(e));
  }
  return error / scale;
}

/** Where arrays are not bit-for-bit the same; a matcher takes a hundred times as long. */
export function firstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): string | undefined {
  if (actual.length !== expected.length) return `expected ${expected.length} numbers, got ${actual.length}`;
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) return `number ${i}: expected ${expected[i]}, got ${actual[i]}`;
  }
  return undefined;
}
