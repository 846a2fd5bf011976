import { quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignFamily } from "../flow/foreign-flow.ts";
import type { ZukoFamilies } from "./zuko-families.ts";

/** The networks of the variables of a NAF or UNAF under `{prefix}univariate.`, for `count` outputs of the conditioner. */
export function readZukoMonotone(
  state: StateDict,
  prefix: string,
  variables: number,
  count: number,
  families: ZukoFamilies,
): ForeignFamily {
  const isIntegral = state.hasUnder(`${prefix}univariate.integrand.`);
  const list = `${prefix}univariate.${isIntegral ? "integrand" : "network"}.`;
  const signal = isIntegral ? count - 1 : count;
  const layers = [];
  const widths: number[] = [];
  for (let inputs = 1 + signal; state.has(`${list}${2 * layers.length}.weight`); ) {
    const key = `${list}${2 * layers.length}`;
    const outputs = state.shape(`${key}.weight`)[1] ?? 0;
    const { data: weight } = state.floats(`${key}.weight`, [variables, outputs, inputs]);
    const { data: bias } = state.floats(`${key}.bias`, [variables, outputs]);
    layers.push({ weight, bias });
    widths.push(outputs);
    inputs = outputs;
  }
  if (widths.length < 2 || widths.at(-1) !== 1) {
    state.fail(
      "weights",
      `a hidden layer and one output under ${quote(list)}`,
      `layers of widths ${widths.join(", ")}`,
    );
  }
  const hidden = widths.slice(0, -1);
  const odd = hidden.find((width) => width % 2 === 1);
  if (!isIntegral && odd !== undefined) state.fail("weights", `even widths under ${quote(list)}`, `${odd}`);
  const kind = isIntegral ? "UNAF" : "NAF";
  const limit = families.monotone(kind, `${list}0.weight`);
  return { kind: "monotone", variables, signal, hidden, layers, ...(isIntegral && { limit }) };
}
