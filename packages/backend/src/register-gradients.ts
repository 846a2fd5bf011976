import { gradientOverrides } from "@pushforward/ops";
import { getGradient, registerGradient, unregisterGradient } from "@tensorflow/tfjs-core";
import { coreGradients } from "./generated/core-gradients.ts";
import { planGradient } from "./plans/plan-on-tape.ts";

let registered = false;

/**
 * Registers the gradients of tfjs-core, which its Node entry leaves out, and then ours over the wrong, slow and missing
 * ones. Registries are global and survive a change of backend, so once is enough.
 */
export function registerGradients(): void {
  if (registered) return;
  registered = true;
  for (const gradient of coreGradients) {
    if (getGradient(gradient.kernelName) === undefined) registerGradient(gradient);
  }
  for (const gradient of [...gradientOverrides, planGradient]) {
    if (getGradient(gradient.kernelName) !== undefined) unregisterGradient(gradient.kernelName);
    registerGradient(gradient);
  }
}
