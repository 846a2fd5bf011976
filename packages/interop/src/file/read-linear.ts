import type { ForeignLinear } from "../flow/foreign-flow.ts";
import { quote, type StateDict } from "./state-dict.ts";

/** Required sizes of a layer, where known, and if it is masked. */
export interface LinearSizes {
  readonly inputs?: number | undefined;
  readonly outputs?: number | undefined;
  readonly masked?: boolean;
}

/** Reads `{key}.weight`, `{key}.bias` and, masked, `{key}.mask`. */
export function readLinear(state: StateDict, key: string, sizes: LinearSizes = {}): ForeignLinear {
  const { shape, data: weight } = state.floats(`${key}.weight`);
  const [outputs, inputs] = shape;
  if (shape.length !== 2 || outputs === undefined || inputs === undefined) {
    state.fail("tensor", `a matrix as ${quote(`${key}.weight`)}`, `${shape.length} axes`);
  }
  if (sizes.inputs !== undefined && inputs !== sizes.inputs) {
    state.fail("tensor", `${quote(`${key}.weight`)} with ${sizes.inputs} columns`, `${inputs}`);
  }
  if (sizes.outputs !== undefined && outputs !== sizes.outputs) {
    state.fail("tensor", `${quote(`${key}.weight`)} with ${sizes.outputs} rows`, `${outputs}`);
  }
  if (outputs === 0 || inputs === 0) {
    state.fail("tensor", `${quote(`${key}.weight`)} with entries`, `shape [${outputs}, ${inputs}]`);
  }
  const { data: bias } = state.floats(`${key}.bias`, [outputs]);
  const mask = sizes.masked ? state.booleans(`${key}.mask`, [outputs, inputs]) : undefined;
  return { outputs, inputs, weight, bias, ...(mask && { mask }) };
}
