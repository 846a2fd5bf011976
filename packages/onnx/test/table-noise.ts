import type { Key } from "@pushforward/core";
import { type AnyTableDensity, TableMixture } from "@pushforward/tables/extend";
import type { OnnxNoise } from "../src/noise-columns.ts";
import type { OnnxRows } from "./run-onnx.ts";

type Kind = "normal" | "uniform";

/**
 * The random numbers that `sample` of a model draws from a key, as the inputs of its sampler.
 *
 * @param decisions roles of the input columns, as recorded in the file.
 */
export function tableNoise(
  model: AnyTableDensity,
  decisions: Readonly<Record<string, readonly OnnxNoise[]>>,
  rows: number,
  key: Key,
): Readonly<Record<string, OnnxRows>> {
  const all = Array.from({ length: rows }, (_, row) => row);
  const choices = Array.from(key.fold("member").uniform(rows), (u) => memberAt(model, u));
  const inputs = Object.entries(decisions).map(([kind, uses]): [string, OnnxRows] => {
    const width = uses.length;
    const values = new Float64Array(rows * width).fill(0.5);
    for (const [place, use] of uses.entries()) {
      // The numbers of a flow stand beside each other.
      const first = use.decides === "flow" ? uses.findIndex((one) => isSame(one, use)) : place;
      const count = use.decides === "flow" ? uses.filter((one) => isSame(one, use)).length : 1;
      const own = use.member === undefined ? all : all.filter((row) => choices[row] === use.member);
      const drawn = keyOf(model, key, use)[kind as Kind](own.length * count);
      for (const [i, row] of own.entries()) values[row * width + place] = drawn[i * count + place - first] as number;
    }
    return [kind, { shape: [rows, width], values }];
  });
  return Object.fromEntries(inputs);
}

/** The key that `sample` draws these numbers from. */
function keyOf(model: AnyTableDensity, key: Key, { decides, column, member }: OnnxNoise): Key {
  if (decides === "member") return key.fold("member");
  if (member === undefined) {
    const own = model instanceof TableMixture ? key.fold("networks") : key;
    return own.fold(column as string).fold(decides === "network" ? "member" : decides);
  }
  const own = key.fold(`member ${member}`);
  // Rows of flows are drawn in blocks, of which this is the first.
  if (decides === "flow") return own.fold(0);
  if (column === undefined) return own.fold(decides);
  return own.fold(column).fold(decides === "value" ? "normal" : decides);
}

function isSame(a: OnnxNoise, b: OnnxNoise): boolean {
  return a.decides === b.decides && a.member === b.member;
}

function memberAt(model: AnyTableDensity, u: number): number {
  let sum = 0;
  const weights = model instanceof TableMixture ? model.weights : [];
  return weights.findIndex((weight) => {
    sum += weight;
    return u < sum;
  });
}
