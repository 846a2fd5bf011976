import { activationCalls } from "../families/activation.ts";
import { affineCalls } from "../families/affine.ts";
import { arithmeticCalls } from "../families/arithmetic.ts";
import { columnsCalls } from "../families/columns.ts";
import { dropoutCalls } from "../families/dropout.ts";
import { gaussianizationCalls } from "../families/gaussianization.ts";
import type { WasmKernels } from "../families/kernels.ts";
import { linearCalls, linearGradientCalls } from "../families/linear.ts";
import { mixtureCalls, mixtureWeightCalls } from "../families/mixture.ts";
import { normalLogProbCalls } from "../families/normal-log-prob.ts";
import { normalsCalls } from "../families/normals.ts";
import { sinhArcsinhCalls } from "../families/sinh-arcsinh.ts";
import { splineCalls } from "../families/spline.ts";
import { sumOfSquaresCalls } from "../families/sum-of-squares.ts";
import { updateCalls } from "../families/update.ts";
import type { KernelExports } from "../generated/kernel-abi.ts";

/** Kernels by the functions of a module, or by what stands for them. */
export function callsOf(functions: KernelExports): Omit<WasmKernels, "recorder"> {
  return {
    ...linearCalls(functions),
    ...linearGradientCalls(functions),
    ...activationCalls(functions),
    ...dropoutCalls(functions),
    ...splineCalls(functions),
    ...affineCalls(functions),
    ...sinhArcsinhCalls(functions),
    ...gaussianizationCalls(functions),
    ...sumOfSquaresCalls(functions),
    ...mixtureCalls(functions),
    ...mixtureWeightCalls(functions),
    ...normalLogProbCalls(functions),
    ...columnsCalls(functions),
    ...arithmeticCalls(functions),
    ...updateCalls(functions),
    ...normalsCalls(functions),
  };
}
