// The operations whose sizes do not follow from a few numbers: networks, and mixtures of Gaussians.
import type { FieldValues, GivenStep, StepSizes } from "./operation-data.ts";

/** A feed-forward or residual network. A layer has its sizes, and its values by their places among the parameters; see `NetworkLayer`. */
export const networkForm = {
  activation: ["relu", "tanh", "elu", "silu"],
  layers: {
    list: {
      fields: {
        inputs: "count",
        outputs: "count",
        weight: { count: { min: 0 } },
        bias: { optional: { count: { min: 0 } } },
        mask: { optional: { count: { min: 0 } } },
        contextWeight: { optional: { count: { min: 0 } } },
        contextMask: { optional: { count: { min: 0 } } },
        contextBias: { optional: { count: { min: 0 } } },
        contextUse: { optional: ["add", "activate", "gate"] },
        raw: { optional: "boolean" },
        adds: { optional: "boolean" },
        /** The share of the activations of its outputs that is dropped in training. */
        dropout: { optional: { number: { min: 0, max: 0.999999 } } },
      },
    },
  },
} as const;

/**
 * How a masked autoregressive network is made. An input variable of rank r has degree r + 1. A hidden unit of degree k
 * sees units of degree k or less; the outputs for a variable see units of less than its degree. The layers of a stream have
 * the same degrees.
 */
export const autoregressiveStructure = {
  /** `order[i]` is the rank of variable i. Variables of equal rank do not see each other; no rank is left out. */
  order: { list: { count: { min: 0 } } },
  outputsPerVariable: "count",
  /** For each hidden layer the degrees of its units, none less than the one before it. */
  degrees: { list: { list: { count: { min: 0 } } } },
  /** True if the masks have more zeros than the degrees imply, so that the steps must apply the masks. */
  isSparse: { optional: "boolean" },
} as const;

/** A Gaussian mixture; columns belong to the context. */
export const gaussianMixtureForm = {
  /** Number of components; with classes, per class. */
  components: "count",
  /** Features of the components: of the context that they see, then of the value. */
  features: "count",
  isLearnable: "boolean",
  contextColumns: { places: "context" },
  classColumns: { places: "context" },
} as const;

type Network = FieldValues<typeof networkForm>;
type Autoregressive = Network & FieldValues<typeof autoregressiveStructure>;
type Gaussians = FieldValues<typeof gaussianMixtureForm>;

/** Learned tables of codes. */
export interface EmbeddingTables {
  readonly tables: readonly { readonly codes: number; readonly width: number }[];
}

/** Sizes of the operation `network`. */
export function networkSizes(step: GivenStep<Network>): StepSizes {
  const { n, inputs, settings } = step;
  const outputs = settings.layers.at(-1)?.outputs ?? 0;
  return { inputs: [n, ...inputs.slice(1, 2)], outputs: [outputs], ...layerSizes(step, n, inputs[1]) };
}

/** Sizes of the operation `autoregressiveBegin`. */
export function autoregressiveSizes(step: GivenStep<Autoregressive>): StepSizes {
  const { inputs, settings, fail } = step;
  const { layers, order, outputsPerVariable, degrees } = settings;
  const sizes = layerSizes(step, order.length, inputs[0]);
  const ranks = new Set(order).size;
  if (order.length === 0 || order.some((rank) => rank >= ranks)) fail("ranks of which none is left out", "others");
  const outputs = layers.at(-1)?.outputs;
  if (outputs !== order.length * outputsPerVariable) fail(`${order.length * outputsPerVariable} outputs`, `${outputs}`);
  const isFitting = degrees.length === layers.length - 1 && degrees.every((of, i) => of.length === layers[i]?.outputs);
  if (!isFitting || !degrees.every((of) => of.every((degree, k) => degree >= (of[k - 1] ?? 0)))) {
    fail("degrees of all hidden units, in ascending order", "others");
  }
  if (layers.some(({ dropout }) => dropout !== undefined)) fail("no dropout", "some");
  return { inputs: inputs.slice(0, 1), outputs: [], ...sizes };
}

/** Sizes of the operation `autoregressiveStep`, which follow from the step that it continues. */
export function rankSizes(step: GivenStep<{ readonly rank: number }>): StepSizes {
  const { settings, continued, fail } = step;
  const begin = continued ?? fail("a step to continue", "none");
  if (begin.op !== "autoregressiveBegin") fail("an autoregressiveBegin to continue", begin.op);
  const { order, outputsPerVariable } = begin.settings as Autoregressive;
  const countOf = (wanted: number): number => order.filter((rank) => rank === wanted).length;
  const count = countOf(settings.rank);
  if (count === 0) fail("a rank of the network", `${settings.rank}`);
  const values = settings.rank === 0 ? [] : [countOf(settings.rank - 1)];
  return { inputs: [...values, ...begin.inputs], outputs: [outputsPerVariable * count] };
}

/** Sizes of the operation `gaussianMixture`. */
export function gaussianMixtureSizes({ settings, inputs, fail }: GivenStep<Gaussians>): StepSizes {
  const { features, contextColumns, classColumns } = settings;
  if (classColumns.length > 0) fail("no classes", `${classColumns.length}`);
  if (features <= contextColumns.length) fail("more features than columns of the context", `${features}`);
  const context = contextColumns.length > 0 ? [inputs[1] ?? 0] : [];
  return { inputs: [features - contextColumns.length, ...context], outputs: [1], ...gaussianSizes(settings, 1) };
}

/** Sizes of the operation `gaussianMixturePerClass`. */
export function gaussianMixturePerClassSizes({ settings, inputs, fail }: GivenStep<Gaussians>): StepSizes {
  const { features, contextColumns, classColumns } = settings;
  if (classColumns.length === 0 || contextColumns.length > 0) {
    fail("classes and no columns of the context", "others");
  }
  return { inputs: [features, inputs[1] ?? 0], outputs: [1], ...gaussianSizes(settings, classColumns.length) };
}

function gaussianSizes(
  { components, features, isLearnable }: Gaussians,
  classes: number,
): Required<Pick<StepSizes, "parameters">> {
  const count = classes * components;
  const [vectors, matrices] = [count * features, count * features ** 2];
  return { parameters: [count, vectors, matrices, ...(isLearnable ? [vectors, matrices, vectors] : [])] };
}

/** Sizes of network values by parameter index; each parameter has one index. */
function layerSizes(
  { settings: { layers }, fail }: GivenStep<Network>,
  width: number,
  contextSize = 0,
): Required<Pick<StepSizes, "parameters" | "masks">> {
  const [parameters, masks]: [number[], number[]] = [[], []];
  let before = width;
  for (const [i, layer] of layers.entries()) {
    const { inputs, outputs } = layer;
    if (inputs !== before) fail(`${before} inputs of layer ${i}`, `${inputs}`);
    before = outputs;
    const context = {
      contextWeight: contextSize * outputs,
      contextMask: contextSize * outputs,
      contextBias: outputs,
    };
    const sizes = { weight: inputs * outputs, bias: outputs, mask: inputs * outputs, ...context };
    for (const [name, size] of Object.entries(sizes)) {
      const place = layer[name as keyof typeof sizes];
      if (place === undefined) continue;
      if (name.startsWith("context") && (contextSize === 0 || layer.contextWeight === undefined))
        fail(`a context of layer ${i}`, `${name} without one`);
      if (parameters[place] !== undefined) fail(`one use of parameter ${place}`, "two");
      parameters[place] = size;
      if (name === "mask" || name === "contextMask") masks.push(place);
    }
    checkBlock(layers, i, fail);
  }
  if (layers.length === 0) fail("at least one layer", "none");
  if (parameters.includes(undefined as unknown as number)) fail("parameters of the layers", "others");
  return { parameters, masks };
}

/** Dropout is inside blocks, and a residual block is as wide as its input, the output of two layers before. */
function checkBlock(layers: Network["layers"], i: number, fail: GivenStep["fail"]): void {
  const { adds, dropout, outputs } = layers[i] as Network["layers"][number];
  const isLast = i === layers.length - 1;
  if (dropout !== undefined && (isLast || adds === true || layers[i + 2]?.adds === true)) {
    fail("no dropout there", `one in layer ${i}`);
  }
  if (adds !== true) return;
  if (i < 2 || isLast || layers[i - 1]?.adds === true || layers[i - 2]?.outputs !== outputs) {
    fail("a residual block as wide as what it adds to", `layer ${i}`);
  }
}
