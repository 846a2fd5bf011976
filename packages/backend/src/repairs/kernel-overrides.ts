import { ADAM_KERNEL, AVERAGE_KERNEL, hostAdam, hostAverage } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { adamKernel } from "../updates/adam-kernel.ts";
import { averageKernel } from "../updates/average-kernel.ts";
import { exchangeKernel } from "../updates/exchange-kernel.ts";
import { addKernel, multiplyKernel, realDivKernel, subKernel } from "./arithmetic-kernels.ts";
import { batchMatMulKernel, fusedMatMulKernel } from "./batch-mat-mul-kernel.ts";
import { broadcastKernels } from "./broadcast-kernels.ts";
import { cumsumKernel } from "./cumsum-kernel.ts";
import { clipByValueKernel, log1pKernel, relu6Kernel, signKernel, softplusKernel } from "./elementwise-kernels.ts";
import { gatherKernel } from "./gather-kernel.ts";
import { identityKernel } from "./identity-kernel.ts";
import type { KernelOverride } from "./kernel-override.ts";
import { logicalXorKernel } from "./logical-xor-kernel.ts";
import { partKernels } from "./part-kernels.ts";
import { meanKernel, sumKernel } from "./reduction-kernels.ts";
import { tileKernel } from "./tile-kernel.ts";
import { unsortedSegmentSumKernel } from "./unsorted-segment-sum-kernel.ts";

const everywhere: readonly KernelOverride[] = [
  batchMatMulKernel,
  cumsumKernel,
  { kernelName: ADAM_KERNEL, make: () => adamKernel(() => hostAdam) },
  { kernelName: AVERAGE_KERNEL, make: () => averageKernel(() => hostAverage) },
  exchangeKernel,
  signKernel,
  softplusKernel,
  unsortedSegmentSumKernel,
];

const byBackend: Readonly<Record<string, readonly KernelOverride[]>> = {
  cpu: [logicalXorKernel, tileKernel, ...partKernels, ...broadcastKernels],
  wasm: [
    addKernel,
    clipByValueKernel,
    fusedMatMulKernel,
    gatherKernel,
    identityKernel,
    log1pKernel,
    meanKernel,
    multiplyKernel,
    realDivKernel,
    relu6Kernel,
    subKernel,
    sumKernel,
  ],
};

// What each of our kernels stands in for, so that a second call wraps the original again and not the wrapper.
const replaced = new WeakMap<tf.KernelFunc, tf.KernelConfig>();

/**
 * Kernels that replace or complete those of a backend, made from the ones that are registered when this is called. The
 * setup of the original kernels is kept: those of `wasm` bind their WebAssembly function in it.
 */
export function kernelOverrides(backend: string): readonly tf.KernelConfig[] {
  const overrides = byBackend[backend];
  if (overrides === undefined) return [];
  return [...everywhere, ...overrides].map(({ kernelName, make }) => {
    const registered = tf.getKernel(kernelName, backend);
    const original = registered === undefined ? undefined : (replaced.get(registered.kernelFunc) ?? registered);
    const config = { ...original, kernelName, backendName: backend, kernelFunc: make(original?.kernelFunc) };
    if (original !== undefined) replaced.set(config.kernelFunc, original);
    return config;
  });
}
