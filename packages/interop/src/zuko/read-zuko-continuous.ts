import { readLinear } from "../file/read-linear.ts";
import { quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignLinear, ForeignTransform } from "../flow/foreign-flow.ts";
import type { ImportZukoOptions } from "./zuko-options.ts";

const NEAR = 1e-4;

/** A `FFJTransform`: its network under `{prefix}ode.`, its frequencies and its times. */
export function readZukoContinuous(
  state: StateDict,
  prefix: string,
  features: number,
  { activation = "elu" }: ImportZukoOptions,
): ForeignTransform {
  const { data: waves } = state.floats(`${prefix}freqs`);
  const frequencies = waves.length;
  if (frequencies === 0 || waves.some((wave, k) => Math.abs(wave - (k + 1) * Math.PI) > NEAR * (k + 1))) {
    state.fail("weights", `π, 2π and so on in ${quote(`${prefix}freqs`)}`, `${waves[0]}`);
  }
  const { data: times } = state.floats(`${prefix}times`, [2]);
  if (times[0] !== 0 || times[1] !== 1) {
    state.fail("weights", `the times 0 and 1 in ${quote(`${prefix}times`)}`, `${times[0]} and ${times[1]}`);
  }
  const layers: ForeignLinear[] = [];
  for (let inputs: number | undefined; state.has(`${prefix}ode.${2 * layers.length}.weight`); ) {
    const linear = readLinear(state, `${prefix}ode.${2 * layers.length}`, { inputs });
    layers.push(linear);
    inputs = linear.outputs;
  }
  const [first, last] = [layers[0], layers.at(-1)];
  if (first === undefined || last?.outputs !== features) {
    return state.fail(
      "weights",
      `layers under ${quote(`${prefix}ode.`)} with ${features} outputs`,
      `${last?.outputs ?? 0}`,
    );
  }
  const context = first.inputs - features - 2 * frequencies;
  if (context < 0) {
    const least = features + 2 * frequencies;
    state.fail("tensor", `at least ${least} columns in ${quote(`${prefix}ode.0.weight`)}`, `${first.inputs}`);
  }
  return { kind: "continuous", features, context, frequencies, activation, layers };
}
