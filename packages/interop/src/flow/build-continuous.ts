import { ModelFileError, OptionError } from "@pushforward/core";
import { Continuous, VelocityNetwork } from "@pushforward/flows/extend";
import type { ForeignLinear, ForeignTransform } from "./foreign-flow.ts";

/**
 * A continuous flow. Its time runs from the data to the noise, ours back: with `t = 1 − s`, `cos kπt = (−1)ᵏ cos kπs`,
 * `sin kπt = −(−1)ᵏ sin kπs`, and the velocity changes its sign, all of which is put into the weights.
 */
export function buildContinuous(foreign: Extract<ForeignTransform, { kind: "continuous" }>): Continuous {
  const { features, context, frequencies, activation, layers } = foreign;
  if (activation === "relu") {
    throw new OptionError('expected activation "elu", "tanh" or "silu" for a continuous flow, got "relu".');
  }
  const hidden = layers.slice(0, -1).map(({ outputs }) => outputs);
  const field = new VelocityNetwork({ features, context, hidden, activation, frequencies });
  for (const [i, layer] of field.network.layers.entries()) {
    const from = layers[i];
    if (from === undefined)
      throw new ModelFileError("weights", "expected as many layers as the network has, got fewer.");
    const sign = i === layers.length - 1 ? -1 : 1;
    const offset = i === 0 ? 2 * frequencies : 0;
    const inputs = i === 0 ? features : from.inputs;
    const rowsOf = (row: number): number => offset + row;
    layer.weight.write(columnsOf(from, inputs, rowsOf, () => sign));
    layer.bias.write(Float32Array.from(from.bias, (value) => sign * value));
    if (i > 0) continue;
    const given = 2 * frequencies + context;
    const place = (row: number): number => (row < 2 * frequencies ? row : row + features);
    layer.contextWeight?.write(columnsOf(from, given, place, (row) => waveSign(row, frequencies)));
  }
  return new Continuous({ field });
}

function waveSign(row: number, frequencies: number): number {
  if (row >= 2 * frequencies) return 1;
  const k = (row % frequencies) + 1;
  return (row < frequencies ? 1 : -1) * (k % 2 === 0 ? 1 : -1);
}

/** Some inputs of a layer, transposed. */
function columnsOf(
  { outputs, inputs, weight }: ForeignLinear,
  count: number,
  placeOf: (row: number) => number,
  signOf: (row: number) => number,
): Float32Array {
  return Float32Array.from({ length: count * outputs }, (_, at) => {
    const row = Math.floor(at / outputs);
    return signOf(row) * (weight[(at % outputs) * inputs + placeOf(row)] as number);
  });
}
