import type { KernelRecorder, Kernels } from "../families/kernels.ts";
import type { KernelAbi, KernelExports } from "../generated/kernel-abi.ts";
import { callsOf } from "./calls-of.ts";

type AnyFunction = (...numbers: number[]) => number;

/** Writes down the functions of a module with their arguments. */
export class WasmRecorder implements KernelRecorder {
  readonly kernels: Kernels;
  private calls: (() => void)[] = [];

  constructor(functions: KernelExports) {
    const written: Partial<Record<keyof KernelAbi, AnyFunction>> = {};
    for (const name of Object.keys(functions) as (keyof KernelAbi)[]) {
      const call = functions[name] as AnyFunction;
      written[name] = (...numbers) => {
        this.calls.push(() => call(...numbers));
        return 0;
      };
    }
    this.kernels = callsOf(written as KernelExports);
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
