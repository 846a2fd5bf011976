// The steps that are networks.
import { ConfigReader, type Json, type NetworkSettings, type PlannedLayer } from "@pushforward/core/plain";
import type { GivenStep, StepCheck } from "./step-check.ts";

const ACTIVATIONS = ["relu", "tanh", "elu", "silu"] as const;
const CONTEXT_USES = ["add", "activate", "gate"] as const;
const VALUES = ["weight", "bias", "mask", "contextWeight", "contextMask", "contextBias"] as const;

export const checkNetwork: StepCheck<"network"> = (c, given) => {
  const [inputs = given.fail("an input", "none"), ...context] = given.inputs;
  const { settings, parameters } = readNetwork(c, given, inputs, context[0] ?? 0);
  return { settings, inputs: [inputs, ...context.slice(0, 1)], outputs: [outputsOf(settings)], parameters };
};

export const checkAutoregressiveBegin: StepCheck<"autoregressiveBegin"> = (c, given) => {
  const context = given.inputs[0] ?? 0;
  const order = c.counts("order", { min: 0 });
  const outputsPerVariable = c.count("outputsPerVariable");
  const { settings, parameters } = readNetwork(c, given, order.length, context);
  const hidden = settings.layers.slice(0, -1).map(({ outputs }) => outputs);
  const degrees = c
    .array("degrees")
    .map((_, i) => new ConfigReader("degrees", { of: c.array("degrees")[i] as Json }).counts("of", { min: 0 }));
  const isSparse = c.has("isSparse") && c.boolean("isSparse");
  const ranks = new Set(order).size;
  if (order.length === 0 || order.some((rank) => rank >= ranks))
    given.fail("ranks of which none is left out", "others");
  if (outputsOf(settings) !== order.length * outputsPerVariable) {
    given.fail(`${order.length * outputsPerVariable} outputs`, `${outputsOf(settings)}`);
  }
  const isFitting = degrees.length === hidden.length && degrees.every((of, i) => of.length === hidden[i]);
  if (!isFitting || !degrees.every((of) => of.every((degree, k) => degree >= (of[k - 1] ?? 0)))) {
    given.fail("degrees of all hidden units, in ascending order", "others");
  }
  if (settings.layers.some(({ dropout }) => dropout !== undefined)) given.fail("no dropout", "some");
  return {
    settings: { ...settings, order, outputsPerVariable, degrees, ...(isSparse && { isSparse }) },
    inputs: context === 0 ? [] : [context],
    outputs: [],
    parameters,
  };
};

/** Which matrices belong to which rank is for `checkPlan` to see. */
export const checkAutoregressiveStep: StepCheck<"autoregressiveStep"> = (c, { inputs, outputs }) => ({
  settings: { rank: c.count("rank", { min: 0 }) },
  inputs,
  outputs,
});

function outputsOf({ layers }: NetworkSettings): number {
  return layers.at(-1)?.outputs ?? 0;
}

function readNetwork(
  c: ConfigReader,
  given: GivenStep,
  inputs: number,
  contextSize: number,
): { readonly settings: NetworkSettings; readonly parameters: readonly number[] } {
  const sizes: number[] = [];
  const activation = c.oneOf("activation", ACTIVATIONS);
  let width = inputs;
  const layers = c.array("layers").map((json, i): PlannedLayer => {
    const { layer, values } = readLayer(new ConfigReader(`layer ${i}`, json), contextSize);
    if (layer.inputs !== width) given.fail(`${width} inputs of layer ${i}`, `${layer.inputs}`);
    for (const [place, size] of values) {
      if (sizes[place] !== undefined) given.fail(`one use of parameter ${place}`, "two");
      sizes[place] = size;
    }
    for (const mask of [layer.mask, layer.contextMask]) if (mask !== undefined) given.checkMask(mask);
    width = layer.outputs;
    return layer;
  });
  if (layers.length === 0) given.fail("at least one layer", "none");
  for (const [i, { adds, outputs, dropout }] of layers.entries()) {
    const isStream = adds === true || layers[i + 2]?.adds === true;
    if (dropout !== undefined && (isStream || i === layers.length - 1))
      given.fail("no dropout there", `one in layer ${i}`);
    if (adds !== true) continue;
    // The block that it closes begins with what the layer two before it gave.
    if (i < 2 || i === layers.length - 1 || layers[i - 1]?.adds === true || layers[i - 2]?.outputs !== outputs) {
      given.fail("a residual block as wide as what it adds to", `layer ${i}`);
    }
  }
  if (sizes.includes(undefined as unknown as number)) given.fail("parameters of the layers", "others");
  return { settings: { activation, layers }, parameters: sizes };
}

/** A layer, and the sizes of its values by their places among the parameters of the step. */
function readLayer(
  c: ConfigReader,
  contextSize: number,
): { readonly layer: PlannedLayer; readonly values: readonly (readonly [place: number, size: number])[] } {
  const [inputs, outputs] = [c.count("inputs"), c.count("outputs")];
  const hasContext = contextSize > 0;
  const sizes = {
    weight: inputs * outputs,
    bias: outputs,
    mask: inputs * outputs,
    contextWeight: contextSize * outputs,
    contextMask: contextSize * outputs,
    contextBias: outputs,
  };
  const values: [number, number][] = [];
  const places: Partial<Record<(typeof VALUES)[number], number>> = {};
  for (const name of VALUES) {
    if (name !== "weight" && !c.has(name)) continue;
    const place = c.count(name, { min: 0, max: hasContext || !name.startsWith("context") ? 65_536 : -1 });
    if (name !== "contextWeight" && name.startsWith("context") && places.contextWeight === undefined)
      c.raw("contextWeight");
    places[name] = place;
    values.push([place, sizes[name]]);
  }
  const layer = {
    inputs,
    outputs,
    ...(places as { readonly weight: number }),
    ...(c.has("contextUse") && { contextUse: c.oneOf("contextUse", CONTEXT_USES) }),
    ...(c.has("raw") && { raw: c.boolean("raw") }),
    ...(c.has("adds") && { adds: c.boolean("adds") }),
    ...(c.has("dropout") && { dropout: c.number("dropout", { min: 0, max: 1 - 1e-6 }) }),
  };
  c.end();
  return { layer, values };
}
