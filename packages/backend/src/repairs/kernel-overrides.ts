import { ADAM_KERNEL, AVERAGE_KERNEL, hostAdam, hostAverage } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { adamKernel, averageKernel, exchangeKernel } from "../updates/update-kernels.ts";
import {
  addKernel,
  broadcastKernels,
  clipByValueKernel,
  identityKernel,
  log1pKernel,
  logicalXorKernel,
  multiplyKernel,
  realDivKernel,
  relu6Kernel,
  signKernel,
  softplusKernel,
  subKernel,
} from "./arithmetic-kernels.ts";
import type { KernelOverride } from "./kernel-override.ts";
import { gatherKernel, partKernels, tileKernel, unsortedSegmentSumKernel } from "./part-kernels.ts";
import { batchMatMulKernel, cumsumKernel, fusedMatMulKernel, meanKernel, sumKernel } from "./reduction-kernels.ts";

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
 * Builds the kernels that replace or complete the kernels of a backend, from the kernels registered at the time of the
 * call. Keeps the setup of the original kernels: the `wasm` kernels bind their WebAssembly function in it.
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
