import type { KernelConfig } from "@tensorflow/tfjs-core";

/** Kernels that replace or complete those of a backend. */
export function kernelOverrides(_backend: string): readonly KernelConfig[] {
  return [];
}
