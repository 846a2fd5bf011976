import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "./kernel-override.ts";

/** `log(1 + x)`; the one of `wasm` rounds 1 + x first and loses every x below 6e-8. */
export const log1pKernel: KernelOverride = elementwise("Log1p", () => Math.log1p);

/** The clamp; the one of `wasm` turns NaN into the lower bound. */
export const clipByValueKernel: KernelOverride = elementwise<Readonly<Record<"clipValueMin" | "clipValueMax", number>>>(
  "ClipByValue",
  ({ clipValueMin, clipValueMax }) =>
    (x) =>
      Math.min(Math.max(x, clipValueMin), clipValueMax),
);

/** `min(max(x, 0), 6)`; the one of `wasm` turns NaN into 0. */
export const relu6Kernel: KernelOverride = elementwise("Relu6", () => (x) => Math.min(Math.max(x, 0), 6));

/** The sign; both backends give 0 for NaN, and `wasm` for every |x| < 1.2e-7. */
export const signKernel: KernelOverride = elementwise("Sign", () => (x) => (x > 0 ? 1 : x < 0 ? -1 : x));

/** `log(1 + eˣ)`; those of both backends compute 1 + eˣ in float32 and lose up to 6 % where x is near −14. */
export const softplusKernel: KernelOverride = elementwise(
  "Softplus",
  () => (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
);

function elementwise<Attributes>(
  kernelName: string,
  scalarFunction: (attributes: Attributes) => (x: number) => number,
): KernelOverride {
  return kernelOverride<{ readonly x: tf.TensorInfo }, Attributes>(
    kernelName,
    () =>
      ({ inputs: { x }, backend, attrs }) => {
        const memory = kernelMemory(backend);
        const out = memory.allocate(x.shape, x.dtype as "float32" | "int32");
        const from = memory.values(x);
        const to = memory.values(out);
        const f = scalarFunction(attrs);
        for (let i = 0; i < to.length; i++) to[i] = f(from[i] as number);
        return out;
      },
  );
}
