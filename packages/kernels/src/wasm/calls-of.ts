import type { WasmKernels } from "../contract/kernels.ts";
import { activationCalls } from "./activation-calls.ts";
import { columnCalls } from "./column-calls.ts";
import { elementwiseCalls } from "./elementwise-calls.ts";
import type { KernelExports } from "./kernel-abi.ts";
import { linearCalls, linearGradientCalls } from "./linear-calls.ts";
import { mixtureCalls, mixtureWeightCalls } from "./mixture-calls.ts";
import { splineCalls } from "./spline-calls.ts";
import { updateCalls } from "./update-calls.ts";

/** Kernels by the functions of a module, or by what stands for them. */
export function callsOf(functions: KernelExports): Omit<WasmKernels, "recorder"> {
  return {
    ...linearCalls(functions),
    ...linearGradientCalls(functions),
    ...activationCalls(functions),
    ...splineCalls(functions),
    ...elementwiseCalls(functions),
    ...mixtureCalls(functions),
    ...mixtureWeightCalls(functions),
    ...columnCalls(functions),
    ...updateCalls(functions),
  };
}
