import { Made, type Mlp, ResidualMlp } from "@pushforward/conditioners";
import type { Bijection, Parameter } from "@pushforward/core";
import { Autoregressive, type ConditionalFlow, Coupling, Elementwise, type Flow } from "@pushforward/flows";
import { LULinear } from "@pushforward/transforms";
import type { Chain } from "@pushforward/transforms/extend";
import { unitOrder } from "../src/flow/forms.ts";

type Network = Made | Mlp | ResidualMlp;
type Layer = Network["layers"][number];

/**
 * Writes weights into a flow made of library layers. The fixture script assigns the same weights to the library model:
 * number i of parameter j, in the order of `named_parameters()`, is `0.4·sin(0.61·(i + 1)² + 1.3·j)`.
 */
export function writeLibraryWeights(flow: Flow | ConditionalFlow, library: "zuko" | "nflows"): void {
  let parameter = 0;
  const next = (): ((i: number) => number) => {
    const j = parameter++;
    return (i) => Math.fround(0.4 * Math.sin(0.61 * (i + 1) ** 2 + 1.3 * j));
  };
  for (const layer of [...(flow.transform as Chain).layers].reverse()) {
    if (layer instanceof Autoregressive || layer instanceof Coupling || layer instanceof Elementwise) {
      writeNetwork(layer.conditioner as Network, library, outputsOf(layer, library), next);
    } else {
      const inner = (layer as { readonly bijection?: Bijection }).bijection;
      if (inner instanceof LULinear) writeLU(inner, next);
    }
  }
}

/** Which output of the library each of ours is: nflows has scales before shifts, or in couplings all shifts first. */
function outputsOf(layer: Autoregressive | Coupling | Elementwise, library: "zuko" | "nflows"): number[] {
  const conditioner = layer.conditioner as Network;
  const places = [...Array(conditioner.outputSize).keys()];
  if (library !== "nflows" || layer.family.parameterCount !== 2) return places;
  const count = places.length / 2;
  return places.map((i) => (layer instanceof Coupling ? (i % 2) * count + (i >> 1) : i - (i % 2) + (1 - (i % 2))));
}

function writeNetwork(
  net: Network,
  library: "zuko" | "nflows",
  outputs: readonly number[],
  next: () => (i: number) => number,
): void {
  const { layers, contextSize } = net;
  const natural = (count: number): number[] => [...Array(count).keys()];
  const unitsOf = (i: number): readonly number[] => {
    if (i === 0) return natural(net.inputSize);
    if (i === layers.length) return outputs;
    const width = (layers[i - 1] as Layer).bias.shape[0] as number;
    if (!(net instanceof Made)) return natural(width);
    return unitOrder({ style: library === "zuko" ? "zuko" : "made", order: net.order, context: contextSize }, width);
  };
  const write = (i: number, weight: Parameter, bias: Parameter, from: readonly number[], further?: Parameter): void => {
    const to = unitsOf(i + 1);
    const value = next();
    const columns = from.length + (further?.shape[0] ?? 0);
    const matrix = (rows: readonly number[]): number[] =>
      rows.flatMap((row) => to.map((unit) => value(unit * columns + row)));
    weight.write(matrix(from));
    further?.write(matrix(natural(columns - from.length).map((row) => from.length + row)));
    bias.write(to.map(next()));
  };
  const writeMap = (i: number): void => {
    const { weight, bias, contextWeight, contextBias } = layers[i] as Layer;
    write(i, weight, bias, unitsOf(i), contextBias ? undefined : contextWeight);
  };
  const writeContext = (i: number): void => {
    const { contextWeight, contextBias } = layers[i] as Layer;
    if (contextWeight && contextBias) write(i, contextWeight, contextBias, natural(contextSize));
  };
  for (const i of layers.keys()) {
    // A block of nflows has the map of its context first.
    if (i % 2 === 1 && layers[i + 1]?.form.adds) writeContext(net instanceof ResidualMlp ? i + 1 : i);
    writeMap(i);
    if (i === 0) writeContext(0);
  }
}

function writeLU(map: LULinear, next: () => (i: number) => number): void {
  const n = map.features;
  const [weight, shift] = ["weight", "shift"].map((name) => map.parameters().get(name) as Parameter) as [
    Parameter,
    Parameter,
  ];
  shift.write([...Array(n).keys()].map(next()));
  const [lower, upper, diagonal] = [next(), next(), next()];
  let [below, above] = [0, 0];
  weight.write(
    Float32Array.from({ length: n * n }, (_, k) => {
      const [row, column] = [Math.floor(k / n), k % n];
      if (row === column) return diagonal(row);
      return row > column ? lower(below++) : upper(above++);
    }),
  );
}
